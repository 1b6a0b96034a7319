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

check_PROGRAMS += tests/milter/test_netstring tests/milter/test_mapreply
tests_milter_test_netstring_SOURCES = tests/milter/test_netstring.c milter/netstring.c
tests_milter_test_netstring_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_netstring_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_netstring_LDADD = $(TEST_LIBS)
tests_milter_test_mapreply_SOURCES = tests/milter/test_mapreply.c milter/mapreply.c
tests_milter_test_mapreply_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_milter_test_mapreply_CFLAGS = $(TEST_CFLAGS)
tests_milter_test_mapreply_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/milter/test_tlsmap
tests_milter_test_tlsmap_SOURCES = tests/milter/test_tlsmap.c \
	tests/support/fake_worker.h tests/support/fake_worker.c \
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
