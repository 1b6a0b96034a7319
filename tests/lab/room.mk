# tests/lab: see Makefile.am
