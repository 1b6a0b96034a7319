# tests/milter: see Makefile.am
