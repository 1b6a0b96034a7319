# tests/net: see Makefile.am
