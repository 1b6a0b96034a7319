# tests/config: see Makefile.am
