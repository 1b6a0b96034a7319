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

check_PROGRAMS += tests/milter/test_accept
tests_milter_test_accept_SOURCES = tests/milter/test_accept.c milter/accept.c
tests_milter_test_accept_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_accept_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_accept_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=poll
tests_milter_test_accept_LDADD = $(TEST_LIBS)
