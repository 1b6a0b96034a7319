# tests/decide: see Makefile.am
