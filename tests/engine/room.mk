# tests/engine: see Makefile.am
