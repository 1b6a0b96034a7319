check_PROGRAMS += tests/report/test_counters
tests_report_test_counters_SOURCES = tests/report/test_counters.c
tests_report_test_counters_CFLAGS = $(TEST_CFLAGS)
tests_report_test_counters_LDADD = $(TEST_LIBS)
