# tests/package: see Makefile.am. No part of `make check`: it wants root, the
# package that `make deb` makes, and makes a Debian for each MTA
# (./autogen.sh package does all of it).
EXTRA_DIST += tests/package/run tests/package/inside.sh \
	tests/package/send.pl tests/package/sink.pl

.PHONY: deb-check
deb-check:
	lintian --fail-on error,warning debian-work/stsgate_*.changes
	$(srcdir)/tests/package/run .
