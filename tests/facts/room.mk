# tests/facts: see Makefile.am
