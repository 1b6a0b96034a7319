# tests/lint: see Makefile.am
TESTS += tests/lint/docs.sh
dist_check_SCRIPTS += tests/lint/docs.sh
EXTRA_DIST += tests/COVERAGE
TESTS += tests/lint/source.sh tests/lint/coverage.sh tests/lint/metrics.sh
dist_check_SCRIPTS += tests/lint/source.sh tests/lint/coverage.sh tests/lint/metrics.sh
TESTS += tests/lint/commands.sh
dist_check_SCRIPTS += tests/lint/commands.sh
EXTRA_DIST += tests/lint/complete.zsh
