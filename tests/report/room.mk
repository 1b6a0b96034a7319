check_PROGRAMS += tests/report/test_days
tests_report_test_days_SOURCES = tests/report/test_days.c tests/store/scratch.h
tests_report_test_days_CFLAGS = $(TEST_CFLAGS)
tests_report_test_days_LDADD = $(TEST_LIBS)
