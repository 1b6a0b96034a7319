# A test of a program's file is compiled with that file.
check_PROGRAMS += tests/milter/test_reply tests/milter/test_reply_log
tests_milter_test_reply_log_SOURCES = tests/milter/test_reply_log.c \
	tests/milter/told.h milter/reply.c
tests_milter_test_reply_log_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_reply_log_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_reply_log_LDADD = $(TEST_LIBS)
tests_milter_test_reply_SOURCES = tests/milter/test_reply.c \
	tests/milter/told.h milter/reply.c
tests_milter_test_reply_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_reply_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_reply_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/milter/test_session
tests_milter_test_session_SOURCES = tests/milter/test_session.c \
	tests/support/fake_worker.h tests/support/fake_worker.c \
	tests/support/milter_client.h tests/support/milter_client.c \
	milter/session.c milter/route.c milter/message.c milter/gate.c milter/reply.c milter/wake.c
tests_milter_test_session_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_session_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_session_LDADD = $(TEST_LIBS) $(MILTER_LIBS)

dist_check_SCRIPTS += tests/milter/soak.sh
TESTS += tests/milter/soak.sh

check_PROGRAMS += tests/milter/test_gate
tests_milter_test_gate_SOURCES = tests/milter/test_gate.c $(ENGINE_BENCH) \
	milter/gate.c
tests_milter_test_gate_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_gate_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_gate_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/milter/test_control
tests_milter_test_control_SOURCES = tests/milter/test_control.c \
	milter/control.c milter/remote.c milter/reception.c milter/metrics.c \
	milter/status.c milter/desk.c milter/gate.c milter/message.c \
	milter/reply.c milter/show.c milter/show_cache.c milter/page.c \
	milter/netstring.c milter/mapreply.c milter/tlsmap.c \
	milter/tlsmap_conn.c milter/tlsmap_answer.c milter/tlsmap_pool.c
tests_milter_test_control_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_control_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_control_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/milter/test_held
tests_milter_test_held_SOURCES = tests/milter/test_held.c milter/held.c \
	milter/mta_run.c
tests_milter_test_held_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_held_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_held_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/milter/test_page
tests_milter_test_page_SOURCES = tests/milter/test_page.c milter/page.c
tests_milter_test_page_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_page_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_page_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/milter/test_netstring tests/milter/test_mapreply
tests_milter_test_netstring_SOURCES = tests/milter/test_netstring.c milter/netstring.c
tests_milter_test_netstring_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_netstring_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_netstring_LDADD = $(TEST_LIBS)
tests_milter_test_mapreply_SOURCES = tests/milter/test_mapreply.c milter/mapreply.c
tests_milter_test_mapreply_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_mapreply_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_mapreply_LDADD = $(TEST_LIBS)

EXTRA_DIST += tests/milter/mta/postfix-3.7 tests/milter/mta/sendmail-8.17.cf
check_PROGRAMS += tests/milter/test_mta tests/milter/test_mta_sendmail \
	tests/milter/test_mta_tools
MTA_CHECKS = tests/milter/mta_capture.h \
	milter/mta_findings.c milter/mta_endpoint.c milter/mta_postconf.c \
	milter/mta_postfix.c milter/mta_postfix_milter.c \
	milter/mta_postfix_map.c milter/mta_postfix_route.c milter/mta_cf.c \
	milter/mta_sendmail.c milter/mta_files.c milter/mta_run.c
tests_milter_test_mta_SOURCES = tests/milter/test_mta.c $(MTA_CHECKS)
tests_milter_test_mta_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_mta_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_mta_LDADD = $(TEST_LIBS)
tests_milter_test_mta_sendmail_SOURCES = tests/milter/test_mta_sendmail.c $(MTA_CHECKS)
tests_milter_test_mta_sendmail_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_mta_sendmail_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_mta_sendmail_LDADD = $(TEST_LIBS)
tests_milter_test_mta_tools_SOURCES = tests/milter/test_mta_tools.c $(MTA_CHECKS)
tests_milter_test_mta_tools_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_mta_tools_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_mta_tools_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/milter/test_milter_log
tests_milter_test_milter_log_SOURCES = tests/milter/test_milter_log.c \
	milter/milter_log.c
tests_milter_test_milter_log_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_milter_log_LDADD = $(TEST_LIBS) $(MILTER_LIBS)

check_PROGRAMS += tests/milter/test_rehearse
tests_milter_test_rehearse_SOURCES = tests/milter/test_rehearse.c \
	tests/support/test_ca.h tests/support/test_ca.c \
	milter/rehearse.c milter/process.c
tests_milter_test_rehearse_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_rehearse_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_rehearse_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/milter/test_child tests/milter/test_listen \
	tests/milter/test_wake
tests_milter_test_child_SOURCES = tests/milter/test_child.c milter/child.c
tests_milter_test_child_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_child_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_child_LDFLAGS = -Wl,--wrap=sg_mono_now
tests_milter_test_child_LDADD = $(TEST_LIBS)
tests_milter_test_listen_SOURCES = tests/milter/test_listen.c milter/listen.c
tests_milter_test_listen_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_listen_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_listen_LDADD = $(TEST_LIBS)
tests_milter_test_wake_SOURCES = tests/milter/test_wake.c milter/wake.c \
	milter/listen.c
tests_milter_test_wake_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_wake_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_wake_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_gettime \
	-Wl,--wrap=pthread_cond_timedwait
tests_milter_test_wake_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/milter/test_floor
tests_milter_test_floor_SOURCES = tests/milter/test_floor.c \
	tests/support/fake_worker.h tests/support/fake_worker.c milter/mapreply.c
tests_milter_test_floor_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_floor_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_floor_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/milter/test_tlsmap
tests_milter_test_tlsmap_SOURCES = tests/milter/test_tlsmap.c $(ENGINE_BENCH) \
	milter/netstring.c milter/mapreply.c milter/tlsmap.c \
	milter/tlsmap_conn.c milter/tlsmap_answer.c milter/tlsmap_pool.c
tests_milter_test_tlsmap_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_tlsmap_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_tlsmap_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/milter/test_doors
tests_milter_test_doors_SOURCES = tests/milter/test_doors.c milter/doors.c milter/listen.c
tests_milter_test_doors_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_doors_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_doors_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/milter/test_accept
tests_milter_test_accept_SOURCES = tests/milter/test_accept.c milter/accept.c
tests_milter_test_accept_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_accept_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_accept_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=poll
tests_milter_test_accept_LDADD = $(TEST_LIBS)
