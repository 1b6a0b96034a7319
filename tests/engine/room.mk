check_PROGRAMS += tests/engine/test_doubt
tests_engine_test_doubt_SOURCES = tests/engine/test_doubt.c
tests_engine_test_doubt_CFLAGS = $(TEST_CFLAGS)
tests_engine_test_doubt_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/engine/test_limits
tests_engine_test_limits_SOURCES = tests/engine/test_limits.c
tests_engine_test_limits_CFLAGS = $(TEST_CFLAGS)
tests_engine_test_limits_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/engine/test_engine
tests_engine_test_engine_SOURCES = tests/engine/test_engine.c \
	tests/support/fake_worker.h tests/support/fake_worker.c
tests_engine_test_engine_CFLAGS = $(TEST_CFLAGS)
tests_engine_test_engine_LDFLAGS = -Wl,--wrap=sg_store_get \
	-Wl,--wrap=sg_mono_now
tests_engine_test_engine_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/engine/test_early
tests_engine_test_early_SOURCES = tests/engine/test_early.c \
	tests/support/fake_worker.h tests/support/fake_worker.c
tests_engine_test_early_CFLAGS = $(TEST_CFLAGS)
tests_engine_test_early_LDADD = $(TEST_LIBS)
