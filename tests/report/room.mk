check_PROGRAMS += tests/report/test_counters
tests_report_test_counters_SOURCES = tests/report/test_counters.c
tests_report_test_counters_CFLAGS = $(TEST_CFLAGS)
tests_report_test_counters_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/report/test_days tests/report/test_days_file \
	tests/report/test_flusher
tests_report_test_days_SOURCES = tests/report/test_days.c \
	tests/report/days_scratch.h tests/store/scratch.h
tests_report_test_days_CFLAGS = $(TEST_CFLAGS)
tests_report_test_days_LDADD = $(TEST_LIBS)
tests_report_test_days_file_SOURCES = tests/report/test_days_file.c \
	tests/report/days_scratch.h tests/store/scratch.h
tests_report_test_days_file_CFLAGS = $(TEST_CFLAGS)
tests_report_test_days_file_LDADD = $(TEST_LIBS)
tests_report_test_flusher_SOURCES = tests/report/test_flusher.c \
	tests/report/days_scratch.h tests/store/scratch.h
tests_report_test_flusher_CFLAGS = $(TEST_CFLAGS)
tests_report_test_flusher_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=sg_mono_now \
	-Wl,--wrap=sg_days_file_add -Wl,--wrap=pthread_cond_timedwait
tests_report_test_flusher_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/report/test_summary
tests_report_test_summary_SOURCES = tests/report/test_summary.c
tests_report_test_summary_CFLAGS = $(TEST_CFLAGS)
tests_report_test_summary_LDADD = $(TEST_LIBS)

# A week of log lines and the report of them: week.py counts both.
noinst_PROGRAMS += tests/report/week
tests_report_week_SOURCES = tests/report/week.c milter/reply.c
tests_report_week_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_report_week_LDADD = libstsgate.a $(SG_LIBS)
dist_check_SCRIPTS += tests/report/week.py
# Skipped where there is no Chromium (Debian: chromium, chromium-driver).
dist_check_SCRIPTS += tests/report/page.py
EXTRA_DIST += tests/report/browser.py
if HAVE_PYTHON
TESTS += tests/report/week.py tests/report/page.py
endif
