# tests/package: see Makefile.am. No part of `make check`: it wants root, and
# makes a Debian for each MTA.
EXTRA_DIST += tests/package/run tests/package/inside.sh \
	tests/package/send.pl tests/package/sink.pl

.PHONY: deb-check
deb-check: deb
	lintian --fail-on error,warning debian-work/stsgate_*.changes
	$(srcdir)/tests/package/run .
