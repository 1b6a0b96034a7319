# tests/store: see Makefile.am
