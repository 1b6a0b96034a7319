# tests/policy: see Makefile.am
