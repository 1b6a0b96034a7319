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
	tests/torture/torture_kill
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

.PHONY: torture
torture: $(TORTURES)
	for program in $(TORTURES); do ./$$program -l || exit 1; done
