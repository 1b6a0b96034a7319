libstsgate_a_SOURCES += lib/net/job.h lib/net/job.c lib/net/guard.h lib/net/guard.c \
	lib/net/dns.h lib/net/dns.c lib/net/https.h lib/net/https.c \
	lib/net/plan.h lib/net/plan.c lib/net/worker.h lib/net/worker.c \
	lib/net/loop.h lib/net/loop.c
libstsgate_a_SOURCES += lib/net/dns_private.h lib/net/dns_answer.c \
	lib/net/dns_trust.c lib/net/dns_lane.c \
	lib/net/dns_message.h lib/net/dns_message.c \
	lib/net/dns_wire.h lib/net/dns_wire.c lib/net/anchors.h lib/net/anchors.c \
	lib/net/resolver.h lib/net/resolver.c lib/net/host.h lib/net/host.c \
	lib/net/mx_list.h lib/net/mx_list.c lib/net/net.c \
	lib/net/plan_private.h lib/net/plan_sts.c lib/net/plan_mx.c \
	lib/net/probe_share.h lib/net/probe_share.c
libstsgate_a_SOURCES += lib/net/https_private.h lib/net/https_loop.c \
	lib/net/https_transfer.c lib/net/https_tls.c lib/net/https_reply.c
libstsgate_a_SOURCES += lib/net/smtp_reply.h lib/net/smtp_reply.c \
	lib/net/probe_limits.h lib/net/probe_limits.c \
	lib/net/probe_provider.h lib/net/probe_provider.c \
	lib/net/probe.h lib/net/probe_private.h lib/net/probe.c \
	lib/net/probe_conn.c lib/net/probe_smtp.c lib/net/probe_tls.c \
	lib/net/probe_cert.c
