# conf: see Makefile.am. The option table makes the example and the manual's
# list; conf/stsgate.conf in the tree is a copy for reading, with the paths of
# a distribution (tests/lint/docs.sh keeps it true), while what is built and
# installed has the paths of this build.
noinst_PROGRAMS += lib/config/confdoc
lib_config_confdoc_SOURCES = lib/config/confdoc.c
lib_config_confdoc_LDADD = libstsgate.a $(SG_LIBS)

EXTRA_DIST += conf/stsgate.conf conf/stsgate.conf.5.in
dist_doc_DATA = README conf/OUTAGES
CLEANFILES += conf/stsgate.conf.5 conf/stsgate.conf.built conf/options.tmp
# As read by the lab; installed beside the README.
postfixdir = $(docdir)/postfix
dist_postfix_DATA = conf/postfix/main.cf conf/postfix/master.cf \
	conf/postfix/milter_header_checks conf/postfix/stsgate_smtp_header_checks
sendmaildir = $(docdir)/sendmail
dist_sendmail_DATA = conf/sendmail/stsgate.m4 conf/sendmail/stsgate-delivery.m4
dist_man_MANS += conf/stsgate.8 conf/stsgate-report.8
nodist_man_MANS += conf/stsgate.conf.5
noinst_DATA = conf/stsgate.conf.built

conf/stsgate.conf.built: lib/config/confdoc$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) conf && \
	lib/config/confdoc$(EXEEXT) example >$@.tmp && mv -f $@.tmp $@

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
