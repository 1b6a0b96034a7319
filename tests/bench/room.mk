# tests/bench: see its README. Built by `make bench-programs` only.
EXTRA_PROGRAMS = tests/bench/milter_load tests/bench/null_milter \
	tests/bench/seed tests/bench/gate_cost tests/bench/weigh \
	tests/bench/churn \
	tests/bench/delay tests/bench/world tests/bench/bare \
	tests/bench/map_load tests/bench/map_floor
BENCH = tests/bench/bench.h tests/bench/bench.c
BENCH_MADE = tests/bench/made.h tests/bench/made.c
tests_bench_milter_load_SOURCES = tests/bench/milter_load.c $(BENCH)
tests_bench_null_milter_SOURCES = tests/bench/null_milter.c $(BENCH)
tests_bench_null_milter_LDADD = $(MILTER_LIBS)
tests_bench_seed_SOURCES = tests/bench/seed.c $(BENCH) $(BENCH_MADE)
tests_bench_seed_LDADD = libstsgate.a $(SG_LIBS)
tests_bench_map_load_SOURCES = tests/bench/map_load.c tests/bench/made.h $(BENCH)
tests_bench_map_floor_SOURCES = tests/bench/map_floor.c tests/bench/made.h \
	$(BENCH)
tests_bench_delay_SOURCES = tests/bench/delay.c $(BENCH)
tests_bench_world_SOURCES = tests/bench/world.c $(BENCH) \
	tests/support/test_ca.h tests/support/test_ca.c
tests_bench_world_LDADD = $(OPENSSL_LIBS)
tests_bench_bare_SOURCES = tests/bench/bare.c $(BENCH)
tests_bench_bare_LDADD = $(OPENSSL_LIBS)
tests_bench_churn_SOURCES = tests/bench/churn.c $(BENCH) $(BENCH_MADE)
tests_bench_churn_LDADD = libstsgate.a $(SG_LIBS)
tests_bench_weigh_SOURCES = tests/bench/weigh.c $(BENCH) $(BENCH_MADE)
tests_bench_weigh_LDADD = libstsgate.a $(SG_LIBS)
tests_bench_gate_cost_SOURCES = tests/bench/gate_cost.c $(BENCH) $(BENCH_MADE) \
	milter/session.c milter/route.c milter/message.c milter/gate.c \
	milter/reply.c milter/wake.c
tests_bench_gate_cost_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_bench_gate_cost_LDADD = libstsgate.a $(SG_LIBS)
CLEANFILES += $(EXTRA_PROGRAMS)

.PHONY: bench-programs
bench-programs: $(EXTRA_PROGRAMS) stsgate$(EXEEXT)

# Minutes, an idle machine, and root for the cold rows.
.PHONY: bench bench-quick
bench: bench-programs
	$(srcdir)/tests/bench/run --build . --json bench.json --svg bench
bench-quick: bench-programs
	$(srcdir)/tests/bench/run --build . --quick --json bench.json --svg bench

EXTRA_DIST += tests/bench/README tests/bench/RESULTS tests/bench/run \
	tests/bench/rig.py tests/bench/warm.py tests/bench/size.py \
	tests/bench/cold.py tests/bench/postfix.py tests/bench/plot.py \
	tests/bench/tarpits.py tests/bench/three.py tests/bench/plots/rcpt.svg \
	tests/bench/plots/cold.svg tests/bench/plots/memory.svg
