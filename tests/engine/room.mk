check_PROGRAMS += tests/engine/test_doubt
tests_engine_test_doubt_SOURCES = tests/engine/test_doubt.c
tests_engine_test_doubt_CFLAGS = $(TEST_CFLAGS)
tests_engine_test_doubt_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/engine/test_enough
tests_engine_test_enough_SOURCES = tests/engine/test_enough.c
tests_engine_test_enough_CFLAGS = $(TEST_CFLAGS)
tests_engine_test_enough_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/engine/test_limits
tests_engine_test_limits_SOURCES = tests/engine/test_limits.c
tests_engine_test_limits_CFLAGS = $(TEST_CFLAGS)
tests_engine_test_limits_LDADD = $(TEST_LIBS)

ENGINE_BENCH = tests/support/engine_bench.h tests/support/engine_bench.c \
	tests/support/fake_worker.h tests/support/fake_worker.c
check_PROGRAMS += tests/engine/test_engine tests/engine/test_worker_fails \
	tests/engine/test_refresh tests/engine/test_demand \
	tests/engine/test_early tests/engine/test_tick
tests_engine_test_engine_SOURCES = tests/engine/test_engine.c $(ENGINE_BENCH)
tests_engine_test_engine_CFLAGS = $(TEST_CFLAGS)
tests_engine_test_engine_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=sg_store_get
tests_engine_test_engine_LDADD = $(TEST_LIBS)
tests_engine_test_worker_fails_SOURCES = tests/engine/test_worker_fails.c \
	$(ENGINE_BENCH)
tests_engine_test_worker_fails_CFLAGS = $(TEST_CFLAGS)
tests_engine_test_worker_fails_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=sg_mono_now
tests_engine_test_worker_fails_LDADD = $(TEST_LIBS)
tests_engine_test_refresh_SOURCES = tests/engine/test_refresh.c $(ENGINE_BENCH)
tests_engine_test_refresh_CFLAGS = $(TEST_CFLAGS)
tests_engine_test_refresh_LDADD = $(TEST_LIBS)
tests_engine_test_demand_SOURCES = tests/engine/test_demand.c $(ENGINE_BENCH)
tests_engine_test_demand_CFLAGS = $(TEST_CFLAGS)
tests_engine_test_demand_LDADD = $(TEST_LIBS)
tests_engine_test_early_SOURCES = tests/engine/test_early.c $(ENGINE_BENCH)
tests_engine_test_early_CFLAGS = $(TEST_CFLAGS)
tests_engine_test_early_LDADD = $(TEST_LIBS)
tests_engine_test_tick_SOURCES = tests/engine/test_tick.c $(ENGINE_BENCH) \
	tests/store/scratch.h tests/store/scratch_sql.h
tests_engine_test_tick_CFLAGS = $(TEST_CFLAGS)
tests_engine_test_tick_LDADD = $(TEST_LIBS)
