# tests/torture: see Makefile.am. Each call fails in turn: in `make check` a
# part of them, all in `make torture`.
FAULT_LINK = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray \
	-Wl,--wrap=strdup,--wrap=strndup,--wrap=asprintf,--wrap=vasprintf \
	-Wl,--wrap=open,--wrap=read,--wrap=write,--wrap=fsync,--wrap=rename \
	-Wl,--wrap=unlink,--wrap=stat,--wrap=lstat,--wrap=fopen \
	-Wl,--wrap=socket,--wrap=connect,--wrap=poll,--wrap=send \
	-Wl,--wrap=recv,--wrap=eventfd,--wrap=pthread_create
FAULT = tests/torture/fault.h tests/torture/fault.c \
	tests/torture/torture.h tests/torture/torture.c
TORTURES = tests/torture/torture_base tests/torture/torture_store \
	tests/torture/torture_kill $(TORTURES_WITH_CHECK)
check_PROGRAMS += $(TORTURES)

tests_torture_torture_base_SOURCES = tests/torture/torture_base.c $(FAULT)
tests_torture_torture_base_LDFLAGS = $(FAULT_LINK)
tests_torture_torture_base_LDADD = libstsgate.a $(SG_LIBS)

tests_torture_torture_store_SOURCES = tests/torture/torture_store.c $(FAULT)
tests_torture_torture_store_LDFLAGS = $(FAULT_LINK)
tests_torture_torture_store_LDADD = libstsgate.a $(SG_LIBS)

tests_torture_torture_kill_SOURCES = tests/torture/torture_kill.c \
	tests/torture/torture.h
tests_torture_torture_kill_LDADD = libstsgate.a $(SG_LIBS)

# What the unit tests have of servers and workers wants check.h.
if HAVE_CHECK
TORTURES_WITH_CHECK = tests/torture/torture_engine \
	tests/torture/torture_net
tests_torture_torture_engine_SOURCES = tests/torture/torture_engine.c \
	tests/torture/no_check.c $(FAULT) tests/support/fake_worker.h tests/support/fake_worker.c \
	tests/support/fake_milter.h tests/support/fake_milter.c \
	milter/session.c milter/route.c milter/message.c milter/gate.c \
	milter/reply.c milter/wake.c
tests_torture_torture_engine_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_torture_torture_engine_CFLAGS = $(TEST_CFLAGS)
tests_torture_torture_engine_LDFLAGS = $(FAULT_LINK)
tests_torture_torture_engine_LDADD = libstsgate.a $(SG_LIBS)
tests_torture_torture_net_SOURCES = tests/torture/torture_net.c \
	tests/torture/no_check.c $(FAULT) \
	$(PLAN_BENCH) $(DNS_SERVER) $(FAKE_HTTPS)
tests_torture_torture_net_CFLAGS = $(TEST_CFLAGS)
tests_torture_torture_net_LDFLAGS = $(FAULT_LINK)
tests_torture_torture_net_LDADD = libstsgate.a $(SG_LIBS)
endif

dist_check_SCRIPTS += tests/torture/exhaust.py

.PHONY: torture
torture: $(TORTURES) stsgate$(EXEEXT)
	for program in $(TORTURES); do ./$$program -l || exit 1; done
	$(srcdir)/tests/torture/exhaust.py ./stsgate$(EXEEXT)
