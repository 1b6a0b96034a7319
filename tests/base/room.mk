# tests/base: see Makefile.am
