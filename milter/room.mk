stsgate_SOURCES += milter/main.c milter/cmd.h milter/cmd_serve.c \
	milter/cmd_query.c milter/cmd_explain.c milter/cmd_lint.c \
	milter/cmd_check_config.c milter/cmd_cache.c milter/cmd_held.c \
	milter/held.h milter/held.c \
	milter/asker.h milter/asker.c milter/names.h milter/names.c \
	milter/many.h milter/many.c milter/desk.h milter/desk.c \
	milter/control.h milter/control.c milter/remote.h milter/remote.c \
	milter/reception.h milter/reception.c \
	milter/metrics.h milter/metrics.c milter/status.h milter/status.c \
	milter/show_cache.h milter/show_cache.c milter/supervisor.h milter/supervisor.c \
	milter/front.h milter/front.c milter/session.h milter/session.c \
	milter/route.h milter/route.c \
	milter/message.h milter/message.c milter/gate.h milter/gate.c \
	milter/reply.h milter/reply.c milter/wake.h milter/wake.c \
	milter/doors.h milter/doors.c milter/confine.h milter/confine.c milter/child.h milter/child.c milter/link.h milter/link.c milter/listen.h milter/listen.c \
	milter/process.h milter/process.c milter/rehearse.h milter/rehearse.c milter/house.h milter/house.c \
	milter/show.h milter/page.h milter/show.c milter/page.c \
	milter/cmd_report.c milter/report_show.h milter/report_show.c \
	milter/netstring.h milter/netstring.c milter/mapreply.h milter/mapreply.c \
	milter/tlsmap.h milter/tlsmap_private.h milter/tlsmap.c \
	milter/tlsmap_conn.c milter/tlsmap_answer.c milter/tlsmap_pool.c \
	milter/cmd_check_mta.h milter/cmd_check_mta.c \
	milter/mta_findings.h milter/mta_findings.c \
	milter/mta_endpoint.h milter/mta_endpoint.c \
	milter/mta_postconf.h milter/mta_postconf.c \
	milter/mta_postfix.h milter/mta_postfix_private.h \
	milter/mta_postfix.c milter/mta_postfix_milter.c \
	milter/mta_postfix_map.c milter/mta_postfix_route.c \
	milter/mta_cf.h milter/mta_cf.c \
	milter/mta_sendmail.h milter/mta_sendmail.c \
	milter/mta_files.h milter/mta_files.c milter/mta_run.h milter/mta_run.c \
	milter/milter_log.c milter/accept.h milter/accept.c
