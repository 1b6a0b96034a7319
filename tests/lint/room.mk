# tests/lint: see Makefile.am
TESTS += tests/lint/docs.sh
dist_check_SCRIPTS += tests/lint/docs.sh
EXTRA_DIST += tests/COVERAGE tests/RELIABILITY
TESTS += tests/lint/source.sh tests/lint/coverage.sh tests/lint/metrics.sh
dist_check_SCRIPTS += tests/lint/source.sh tests/lint/coverage.sh tests/lint/metrics.sh
TESTS += tests/lint/commands.sh
dist_check_SCRIPTS += tests/lint/commands.sh
EXTRA_DIST += tests/lint/complete.zsh

# In a build of its own, with --enable-coverage.
dist_check_SCRIPTS += tests/lint/lines.sh
.PHONY: coverage
coverage:
	@command -v gcovr >/dev/null || { \
		echo "needs gcovr (on Debian: apt install gcovr)"; exit 1; } >&2
	mkdir -p coverage
	cd coverage && { test -f Makefile || \
		$(abs_srcdir)/configure -q --enable-coverage \
			CFLAGS='-g -O0'; }
	$(MAKE) -C coverage
	-$(MAKE) -k -C coverage check
	$(srcdir)/tests/lint/lines.sh coverage
