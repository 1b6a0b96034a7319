# conf: see Makefile.am. The option table makes the example and the manual's
# list; conf/stsgate.conf in the tree is a copy for reading, with the paths of
# a distribution (tests/lint/docs.sh keeps it true), while what is built and
# installed has the paths of this build, and dry run on: who installs the gate
# and wires it in sees first what it would do.
noinst_PROGRAMS += lib/config/confdoc
lib_config_confdoc_SOURCES = lib/config/confdoc.c
lib_config_confdoc_LDADD = libstsgate.a $(SG_LIBS)

EXTRA_DIST += conf/stsgate.conf conf/stsgate.conf.5.in
CLEANFILES += conf/stsgate.conf.5 conf/stsgate.conf.built conf/options.tmp
dist_man_MANS += conf/stsgate.8 conf/stsgate-report.8
nodist_man_MANS += conf/stsgate.conf.5
noinst_DATA = conf/stsgate.conf.built

conf/stsgate.conf.built: lib/config/confdoc$(EXEEXT) Makefile
	$(AM_V_GEN)$(MKDIR_P) conf && \
	lib/config/confdoc$(EXEEXT) example | \
	sed -e '/^#dry_run = false;$$/{' \
	    -e 'i\' -e '## As installed nothing is stopped: remove the next line when the log' \
	    -e 'i\' -e '## and stsgate report show no surprise.' \
	    -e 's/.*/dry_run = true;/' -e '}' >$@.tmp && mv -f $@.tmp $@

conf/stsgate.conf.5: lib/config/confdoc$(EXEEXT) conf/stsgate.conf.5.in
	$(AM_V_GEN)$(MKDIR_P) conf && \
	lib/config/confdoc$(EXEEXT) mdoc >conf/options.tmp && \
	sed -e '/^@OPTIONS@$$/{' -e 'r conf/options.tmp' -e 'd' -e '}' \
	    -e 's|@sysconfdir@|$(sysconfdir)|g' \
	    $(srcdir)/conf/stsgate.conf.5.in >$@.tmp && \
	rm -f conf/options.tmp && mv -f $@.tmp $@

# A configuration that is there stays; it is the administrator's.
sg_confdir = $(DESTDIR)$(sysconfdir)/stsgate
install-data-local: conf/stsgate.conf.built
	$(MKDIR_P) "$(sg_confdir)"
	@f="$(sg_confdir)/stsgate.conf"; \
	if test -f "$$f" && cmp -s conf/stsgate.conf.built "$$f"; then :; \
	else \
	  if test -f "$$f"; then f="$$f.new"; fi; \
	  echo "installing the example as $$f"; \
	  $(INSTALL_DATA) conf/stsgate.conf.built "$$f"; \
	fi

uninstall-local:
	@f="$(sg_confdir)/stsgate.conf"; rm -f "$$f.new"; \
	if test -f "$$f" && test -f conf/stsgate.conf.built && \
	  cmp -s conf/stsgate.conf.built "$$f"; then rm -f "$$f"; fi
	-@rmdir "$(sg_confdir)" 2>/dev/null || :

# --- the service manager, shells, monitoring --------------------------------
sg_made = conf/systemd/stsgate.service conf/systemd/socket-dirs \
	conf/systemd/sysusers.d/stsgate.conf conf/systemd/tmpfiles.d/stsgate.conf
EXTRA_DIST += conf/systemd/stsgate.service.in conf/systemd/socket-dirs.in \
	conf/systemd/stsgate.sysusers.in conf/systemd/stsgate.tmpfiles.in
CLEANFILES += $(sg_made)

# [@]: or configure would put its own value there.
sg_subst = $(MKDIR_P) $(@D) && sed -e 's|[@]sbindir[@]|$(sbindir)|g' \
	-e 's|[@]pkglibexecdir[@]|$(pkglibexecdir)|g' \
	-e 's|[@]runstatedir[@]|$(runstatedir)|g' \
	-e 's|[@]sysconfdir[@]|$(sysconfdir)|g' \
	-e 's|[@]localstatedir[@]|$(localstatedir)|g' <$< >$@.tmp && mv -f $@.tmp $@
conf/systemd/stsgate.service: $(srcdir)/conf/systemd/stsgate.service.in Makefile
	$(AM_V_GEN)$(sg_subst)
conf/systemd/socket-dirs: $(srcdir)/conf/systemd/socket-dirs.in Makefile
	$(AM_V_GEN)$(sg_subst) && chmod +x $@
conf/systemd/sysusers.d/stsgate.conf: $(srcdir)/conf/systemd/stsgate.sysusers.in Makefile
	$(AM_V_GEN)$(sg_subst)
conf/systemd/tmpfiles.d/stsgate.conf: $(srcdir)/conf/systemd/stsgate.tmpfiles.in Makefile
	$(AM_V_GEN)$(sg_subst)

if HAVE_UNITDIR
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d
nodist_systemdsystemunit_DATA = conf/systemd/stsgate.service
nodist_sysusers_DATA = conf/systemd/sysusers.d/stsgate.conf
nodist_tmpfiles_DATA = conf/systemd/tmpfiles.d/stsgate.conf
nodist_pkglibexec_SCRIPTS = conf/systemd/socket-dirs
endif

bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
dist_bashcompletion_DATA = conf/completion/stsgate
dist_zshcompletion_DATA = conf/completion/_stsgate

# What comes with the documentation, by kind; a kind may have no file yet.
dist_doc_DATA = README ChangeLog conf/OUTAGES
prometheusdir = $(docdir)/prometheus
grafanadir = $(docdir)/grafana
dist_prometheus_DATA = conf/prometheus/stsgate.yml
dist_grafana_DATA = conf/grafana/stsgate.json

# --- the Debian package ------------------------------------------------------
EXTRA_DIST += conf/debian/build conf/debian/changelog conf/debian/control \
	conf/debian/copyright conf/debian/postrm conf/debian/rules \
	conf/debian/source/format \
	conf/debian/stsgate.lintian-overrides
.PHONY: deb
deb:
	$(srcdir)/conf/debian/build .
clean-local:
	rm -rf --one-file-system debian-work package stsgate_*.deb
# As read by the lab; installed beside the README.
postfixdir = $(docdir)/examples/postfix
dist_postfix_DATA = conf/postfix/main.cf conf/postfix/master.cf \
	conf/postfix/milter_header_checks conf/postfix/stsgate_smtp_header_checks
sendmaildir = $(docdir)/examples/sendmail
dist_sendmail_DATA = conf/sendmail/stsgate.m4 conf/sendmail/stsgate-delivery.m4
