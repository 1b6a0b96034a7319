# tests/mutate: see Makefile.am. Is each change of lib/decide noticed?
# MUTATE_ROOM=policy: of lib/policy (engine, store: of the files of those that
# mutate.py names); MUTATE_FILES="verdict.c ...": of these.
EXTRA_DIST += tests/mutate/equivalent
dist_check_SCRIPTS += tests/mutate/mutate.py tests/mutate/entries.sh
TESTS += tests/mutate/entries.sh
MUTATE_JOBS = 2
MUTATE_ROOM = decide
MUTATE_FILES =
.PHONY: mutate
mutate: libstsgate.a
	CC='$(CC)' MUTATE_LIBS='$(CHECK_LIBS) $(SG_LIBS)' \
		MUTATE_CFLAGS='-D_GNU_SOURCE -I. -I$(abs_srcdir)/lib -I$(abs_srcdir)/tests $(CHECK_CFLAGS)' \
		$(srcdir)/tests/mutate/mutate.py --build . --jobs $(MUTATE_JOBS) \
			--room $(MUTATE_ROOM) $(MUTATE_FILES)
