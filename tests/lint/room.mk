# tests/lint: see Makefile.am
