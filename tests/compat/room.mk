check_PROGRAMS += tests/compat/test_sandbox
tests_compat_test_sandbox_SOURCES = tests/compat/test_sandbox.c
tests_compat_test_sandbox_CFLAGS = $(TEST_CFLAGS)
tests_compat_test_sandbox_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/compat/test_notify
tests_compat_test_notify_SOURCES = tests/compat/test_notify.c
tests_compat_test_notify_CFLAGS = $(TEST_CFLAGS)
tests_compat_test_notify_LDADD = $(TEST_LIBS)
