# The lab is no part of `make check`: it wants root and real mail servers.
EXTRA_DIST += tests/lab/README tests/lab/run tests/lab/demo.py \
	tests/lab/badmx.py tests/lab/badweb.py tests/lab/cell.py tests/lab/certs.py \
	tests/lab/check.py tests/lab/commands.py tests/lab/dns.py \
	tests/lab/downgrade.py tests/lab/faults.py tests/lab/gate.py \
	tests/lab/herd.py tests/lab/hookup.py tests/lab/lab.py tests/lab/letgo.py \
	tests/lab/maps.py \
	tests/lab/mxhosts.py tests/lab/mxkinds.py tests/lab/outages.py \
	tests/lab/postfix.py \
	tests/lab/proc.py tests/lab/scenarios.py tests/lab/sealed.py \
	tests/lab/sendmail.py \
	tests/lab/smtp.py tests/lab/stalled.py tests/lab/stories.py \
	tests/lab/switchboard.py tests/lab/web.py \
	tests/lab/world.py

.PHONY: lab
lab: stsgate$(EXEEXT)
	$(srcdir)/tests/lab/run --stsgate ./stsgate$(EXEEXT)
