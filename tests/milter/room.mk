# A test of a program's file is compiled with that file.
check_PROGRAMS += tests/milter/test_reply
tests_milter_test_reply_SOURCES = tests/milter/test_reply.c milter/reply.c
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
tests_milter_test_gate_SOURCES = tests/milter/test_gate.c \
	tests/support/fake_worker.h tests/support/fake_worker.c milter/gate.c
tests_milter_test_gate_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_gate_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_gate_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/milter/test_page
tests_milter_test_page_SOURCES = tests/milter/test_page.c milter/page.c
tests_milter_test_page_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_page_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_page_LDADD = $(TEST_LIBS)

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
tests_milter_test_wake_LDADD = $(TEST_LIBS)
