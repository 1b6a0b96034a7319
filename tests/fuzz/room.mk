# tests/fuzz: see Makefile.am. A page NAME is fuzz_NAME.c, corpus/NAME/ and
# dict/NAME.dict. With --enable-fuzz pages are libFuzzer's; else drive.c runs
# the corpora, and `make check` does.
if FUZZ
FUZZ_DRIVE =
else
FUZZ_DRIVE = tests/fuzz/drive.c
endif
EXTRA_DIST += tests/fuzz/fuzz.h tests/fuzz/drive.c tests/fuzz/corpus tests/fuzz/dict
dist_check_SCRIPTS += tests/fuzz/run.sh
FUZZ_PAGES = tests/fuzz/fuzz_sts_record tests/fuzz/fuzz_sts_policy \
	tests/fuzz/fuzz_tlsrpt_record tests/fuzz/fuzz_mx_match \
	tests/fuzz/fuzz_smtp_reply tests/fuzz/fuzz_rcpt_address \
	tests/fuzz/fuzz_nexthop tests/fuzz/fuzz_https_reply \
	tests/fuzz/fuzz_tlsa tests/fuzz/fuzz_dns_wire \
	tests/fuzz/fuzz_dns_answer tests/fuzz/fuzz_facts \
	tests/fuzz/fuzz_merge tests/fuzz/fuzz_frame tests/fuzz/fuzz_config \
	tests/fuzz/fuzz_store_row tests/fuzz/fuzz_store_model \
	tests/fuzz/fuzz_texts tests/fuzz/fuzz_session \
	tests/fuzz/fuzz_netstring tests/fuzz/fuzz_socketmap \
	tests/fuzz/fuzz_pin
check_PROGRAMS += $(FUZZ_PAGES)

PAGE_LINK = $(AM_LDFLAGS) $(SG_FUZZ_LDFLAGS)
PAGE_LIBS = libstsgate.a $(SG_LIBS)

tests_fuzz_fuzz_sts_record_SOURCES = tests/fuzz/fuzz_sts_record.c tests/fuzz/fuzz.h \
	$(FUZZ_DRIVE)
tests_fuzz_fuzz_sts_record_LDFLAGS = $(PAGE_LINK)
tests_fuzz_fuzz_sts_record_LDADD = $(PAGE_LIBS)

tests_fuzz_fuzz_sts_policy_SOURCES = tests/fuzz/fuzz_sts_policy.c tests/fuzz/fuzz.h \
	$(FUZZ_DRIVE)
tests_fuzz_fuzz_sts_policy_LDFLAGS = $(PAGE_LINK)
tests_fuzz_fuzz_sts_policy_LDADD = $(PAGE_LIBS)

tests_fuzz_fuzz_tlsrpt_record_SOURCES = tests/fuzz/fuzz_tlsrpt_record.c tests/fuzz/fuzz.h \
	$(FUZZ_DRIVE)
tests_fuzz_fuzz_tlsrpt_record_LDFLAGS = $(PAGE_LINK)
tests_fuzz_fuzz_tlsrpt_record_LDADD = $(PAGE_LIBS)

tests_fuzz_fuzz_mx_match_SOURCES = tests/fuzz/fuzz_mx_match.c tests/fuzz/fuzz.h $(FUZZ_DRIVE)
tests_fuzz_fuzz_mx_match_LDFLAGS = $(PAGE_LINK)
tests_fuzz_fuzz_mx_match_LDADD = $(PAGE_LIBS)

tests_fuzz_fuzz_smtp_reply_SOURCES = tests/fuzz/fuzz_smtp_reply.c tests/fuzz/fuzz.h \
	$(FUZZ_DRIVE)
tests_fuzz_fuzz_smtp_reply_LDFLAGS = $(PAGE_LINK)
tests_fuzz_fuzz_smtp_reply_LDADD = $(PAGE_LIBS)

tests_fuzz_fuzz_rcpt_address_SOURCES = tests/fuzz/fuzz_rcpt_address.c tests/fuzz/fuzz.h \
	$(FUZZ_DRIVE)
tests_fuzz_fuzz_rcpt_address_LDFLAGS = $(PAGE_LINK)
tests_fuzz_fuzz_rcpt_address_LDADD = $(PAGE_LIBS)

tests_fuzz_fuzz_nexthop_SOURCES = tests/fuzz/fuzz_nexthop.c tests/fuzz/fuzz.h $(FUZZ_DRIVE)
tests_fuzz_fuzz_nexthop_LDFLAGS = $(PAGE_LINK)
tests_fuzz_fuzz_nexthop_LDADD = $(PAGE_LIBS)

tests_fuzz_fuzz_https_reply_SOURCES = tests/fuzz/fuzz_https_reply.c tests/fuzz/fuzz.h \
	$(FUZZ_DRIVE)
tests_fuzz_fuzz_https_reply_LDFLAGS = $(PAGE_LINK)
tests_fuzz_fuzz_https_reply_LDADD = $(PAGE_LIBS)

tests_fuzz_fuzz_tlsa_SOURCES = tests/fuzz/fuzz_tlsa.c tests/fuzz/fuzz.h $(FUZZ_DRIVE)
tests_fuzz_fuzz_tlsa_LDFLAGS = $(PAGE_LINK)
tests_fuzz_fuzz_tlsa_LDADD = $(PAGE_LIBS)

tests_fuzz_fuzz_dns_wire_SOURCES = tests/fuzz/fuzz_dns_wire.c tests/fuzz/fuzz.h $(FUZZ_DRIVE)
tests_fuzz_fuzz_dns_wire_LDFLAGS = $(PAGE_LINK)
tests_fuzz_fuzz_dns_wire_LDADD = $(PAGE_LIBS)

tests_fuzz_fuzz_dns_answer_SOURCES = tests/fuzz/fuzz_dns_answer.c tests/fuzz/fuzz.h \
	$(FUZZ_DRIVE)
tests_fuzz_fuzz_dns_answer_LDFLAGS = $(PAGE_LINK)
tests_fuzz_fuzz_dns_answer_LDADD = $(PAGE_LIBS)

tests_fuzz_fuzz_facts_SOURCES = tests/fuzz/fuzz_facts.c tests/fuzz/make_facts.h $(FUZZ_DRIVE)
tests_fuzz_fuzz_facts_LDFLAGS = $(PAGE_LINK)
tests_fuzz_fuzz_facts_LDADD = $(PAGE_LIBS)

tests_fuzz_fuzz_merge_SOURCES = tests/fuzz/fuzz_merge.c tests/fuzz/make_facts.h $(FUZZ_DRIVE)
tests_fuzz_fuzz_merge_LDFLAGS = $(PAGE_LINK)
tests_fuzz_fuzz_merge_LDADD = $(PAGE_LIBS)

tests_fuzz_fuzz_frame_SOURCES = tests/fuzz/fuzz_frame.c tests/fuzz/fuzz.h $(FUZZ_DRIVE)
tests_fuzz_fuzz_frame_LDFLAGS = $(PAGE_LINK)
tests_fuzz_fuzz_frame_LDADD = $(PAGE_LIBS)

tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c tests/fuzz/fuzz.h $(FUZZ_DRIVE)
tests_fuzz_fuzz_config_LDFLAGS = $(PAGE_LINK)
tests_fuzz_fuzz_config_LDADD = $(PAGE_LIBS)

tests_fuzz_fuzz_store_row_SOURCES = tests/fuzz/fuzz_store_row.c tests/fuzz/fuzz.h tests/fuzz/scratch.h \
	$(FUZZ_DRIVE)
tests_fuzz_fuzz_store_row_LDFLAGS = $(PAGE_LINK)
tests_fuzz_fuzz_store_row_LDADD = $(PAGE_LIBS)

tests_fuzz_fuzz_store_model_SOURCES = tests/fuzz/fuzz_store_model.c tests/fuzz/fuzz.h tests/fuzz/scratch.h \
	$(FUZZ_DRIVE)
tests_fuzz_fuzz_store_model_LDFLAGS = $(PAGE_LINK)
tests_fuzz_fuzz_store_model_LDADD = $(PAGE_LIBS)

tests_fuzz_fuzz_texts_SOURCES = tests/fuzz/fuzz_texts.c tests/fuzz/fuzz.h $(FUZZ_DRIVE)
tests_fuzz_fuzz_texts_LDFLAGS = $(PAGE_LINK)
tests_fuzz_fuzz_texts_LDADD = $(PAGE_LIBS)

tests_fuzz_fuzz_session_SOURCES = tests/fuzz/fuzz_session.c tests/fuzz/make_facts.h \
	tests/support/fake_milter.h tests/support/fake_milter.c \
	milter/session.c milter/route.c milter/message.c milter/gate.c \
	milter/reply.c milter/wake.c \
	$(FUZZ_DRIVE)
tests_fuzz_fuzz_session_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_fuzz_fuzz_session_LDFLAGS = $(PAGE_LINK)
tests_fuzz_fuzz_session_LDADD = $(PAGE_LIBS)

tests_fuzz_fuzz_netstring_SOURCES = tests/fuzz/fuzz_netstring.c tests/fuzz/fuzz.h \
	$(FUZZ_DRIVE) milter/netstring.c
tests_fuzz_fuzz_netstring_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_fuzz_fuzz_netstring_LDFLAGS = $(PAGE_LINK)
tests_fuzz_fuzz_netstring_LDADD = $(PAGE_LIBS)

tests_fuzz_fuzz_socketmap_SOURCES = tests/fuzz/fuzz_socketmap.c tests/fuzz/make_facts.h \
	$(FUZZ_DRIVE) milter/mapreply.c
tests_fuzz_fuzz_socketmap_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_fuzz_fuzz_socketmap_LDFLAGS = $(PAGE_LINK)
tests_fuzz_fuzz_socketmap_LDADD = $(PAGE_LIBS)

tests_fuzz_fuzz_pin_SOURCES = tests/fuzz/fuzz_pin.c tests/fuzz/fuzz.h \
	$(FUZZ_DRIVE)
tests_fuzz_fuzz_pin_LDFLAGS = $(PAGE_LINK)
tests_fuzz_fuzz_pin_LDADD = $(PAGE_LIBS)

# FUZZ_SECONDS a page, two pages at a time, in a build of its own (clang);
# fuzz-afl with AFL++, fuzz-memory with MSan (see run.sh). PAGES="NAME ..." for
# these pages alone.
FUZZ_SECONDS = 60
FUZZ_JOBS = 2
PAGES =
FUZZ_ENV = FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_JOBS=$(FUZZ_JOBS)
.PHONY: fuzz fuzz-short fuzz-afl fuzz-memory
fuzz-short:
	$(FUZZ_ENV) $(srcdir)/tests/fuzz/run.sh $(abs_builddir)/fuzz $(PAGES)
fuzz:
	FUZZ_SECONDS=3600 FUZZ_JOBS=$(FUZZ_JOBS) \
		$(srcdir)/tests/fuzz/run.sh $(abs_builddir)/fuzz $(PAGES)
fuzz-afl:
	$(FUZZ_ENV) $(srcdir)/tests/fuzz/run.sh --afl $(abs_builddir)/fuzz-afl \
		$(PAGES)
fuzz-memory:
	$(FUZZ_ENV) SANITIZE=memory $(srcdir)/tests/fuzz/run.sh \
		$(abs_builddir)/fuzz-memory $(PAGES)
