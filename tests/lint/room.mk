# tests/lint: see Makefile.am
TESTS += tests/lint/docs.sh
dist_check_SCRIPTS += tests/lint/docs.sh
