# tests/torture: see Makefile.am. Each call fails in turn: in `make check` a
# part of them, all in `make torture`.
FAULT_LINK = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray \
	-Wl,--wrap=strdup,--wrap=strndup,--wrap=asprintf,--wrap=vasprintf \
	-Wl,--wrap=open,--wrap=read,--wrap=write,--wrap=fsync,--wrap=rename \
	-Wl,--wrap=unlink,--wrap=stat,--wrap=lstat,--wrap=fopen \
	-Wl,--wrap=socket,--wrap=connect,--wrap=poll,--wrap=send \
	-Wl,--wrap=recv,--wrap=eventfd,--wrap=pthread_create,--wrap=fork \
	-Wl,--wrap=accept4,--wrap=socketpair,--wrap=bind,--wrap=listen \
	-Wl,--wrap=sendmsg,--wrap=recvmsg,--wrap=memfd_create,--wrap=pread \
	-Wl,--wrap=pwrite,--wrap=fwrite,--wrap=fflush,--wrap=fclose \
	-Wl,--wrap=__asprintf_chk,--wrap=__vasprintf_chk,--wrap=__poll_chk
FAULT = tests/torture/fault.h tests/torture/fault.c \
	tests/torture/fault_sqlite.c tests/torture/fault_inside.c \
	tests/torture/crash.h tests/torture/crash.c \
	tests/torture/torture.h tests/torture/torture.c
TORTURES = tests/torture/torture_base tests/torture/torture_store \
	tests/torture/torture_kill tests/torture/torture_serve \
	$(TORTURES_WITH_CHECK)
check_PROGRAMS += $(TORTURES)

tests_torture_torture_base_SOURCES = tests/torture/torture_base.c $(FAULT)
tests_torture_torture_base_LDFLAGS = $(FAULT_LINK)
tests_torture_torture_base_LDADD = libstsgate.a $(SG_LIBS)

tests_torture_torture_store_SOURCES = tests/torture/torture_store.c $(FAULT)
tests_torture_torture_store_LDFLAGS = $(FAULT_LINK)
tests_torture_torture_store_LDADD = libstsgate.a $(SG_LIBS)

tests_torture_torture_kill_SOURCES = tests/torture/torture_kill.c \
	tests/torture/torture.h
tests_torture_torture_kill_LDADD = libstsgate.a $(SG_LIBS)

tests_torture_torture_serve_SOURCES = tests/torture/torture_serve.c $(FAULT) \
	milter/supervisor.c milter/rehearse.c milter/process.c milter/child.c \
	milter/link.c milter/listen.c milter/doors.c milter/confine.c
tests_torture_torture_serve_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_torture_torture_serve_LDFLAGS = $(FAULT_LINK)
tests_torture_torture_serve_LDADD = libstsgate.a $(SG_LIBS)

# What the unit tests have of servers and workers wants check.h.
if HAVE_CHECK
TORTURES_WITH_CHECK = tests/torture/torture_engine \
	tests/torture/torture_net tests/torture/torture_https \
	tests/torture/torture_desk tests/torture/torture_milter
LIBRARY_LINK = $(FAULT_LINK) \
	-Wl,--wrap=SSL_new,--wrap=SSL_CTX_new,--wrap=BIO_new \
	-Wl,--wrap=X509_STORE_new,--wrap=X509_STORE_CTX_new,--wrap=event_new \
	-Wl,--wrap=event_base_new,--wrap=ub_ctx_create_event,--wrap=curl_easy_init \
	-Wl,--wrap=curl_multi_init,--wrap=curl_url,--wrap=curl_slist_append \
	-Wl,--wrap=X509_STORE_set_default_paths,--wrap=X509_STORE_load_file \
	-Wl,--wrap=X509_VERIFY_PARAM_set1_host,--wrap=X509_STORE_CTX_init \
	-Wl,--wrap=X509_verify_cert,--wrap=SSL_CTX_dane_enable \
	-Wl,--wrap=SSL_dane_enable,--wrap=SSL_add1_host \
	-Wl,--wrap=SSL_dane_tlsa_add,--wrap=event_add \
	-Wl,--wrap=ub_ctx_set_fwd,--wrap=ub_ctx_set_option \
	-Wl,--wrap=ub_ctx_add_ta_file,--wrap=ub_resolve_event \
	-Wl,--wrap=curl_multi_add_handle,--wrap=curl_multi_assign \
	-Wl,--wrap=curl_easy_setopt,--wrap=curl_multi_setopt
tests_torture_torture_engine_SOURCES = tests/torture/torture_engine.c \
	tests/torture/no_check.c $(FAULT) tests/support/fake_worker.h tests/support/fake_worker.c \
	tests/support/fake_milter.h tests/support/fake_milter.c \
	milter/session.c milter/route.c milter/message.c milter/gate.c \
	milter/reply.c milter/wake.c
tests_torture_torture_engine_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_torture_torture_engine_CFLAGS = $(TEST_CFLAGS)
tests_torture_torture_engine_LDFLAGS = $(FAULT_LINK)
tests_torture_torture_engine_LDADD = libstsgate.a $(SG_LIBS)
tests_torture_torture_milter_SOURCES = tests/torture/torture_milter.c \
	tests/torture/no_check.c $(FAULT) tests/support/fake_worker.h \
	tests/support/fake_worker.c tests/support/milter_client.h \
	tests/support/milter_client.c milter/session.c milter/route.c \
	milter/message.c milter/gate.c milter/reply.c milter/wake.c
tests_torture_torture_milter_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_torture_torture_milter_CFLAGS = $(TEST_CFLAGS)
tests_torture_torture_milter_LDFLAGS = $(FAULT_LINK)
tests_torture_torture_milter_LDADD = libstsgate.a $(SG_LIBS) $(MILTER_LIBS)
tests_torture_torture_desk_SOURCES = tests/torture/torture_desk.c \
	tests/torture/fault_library.c tests/torture/no_check.c $(FAULT) \
	tests/support/fake_worker.h tests/support/fake_worker.c \
	milter/control.c milter/reception.c milter/metrics.c milter/status.c \
	milter/desk.c milter/gate.c milter/message.c milter/reply.c \
	milter/show.c milter/show_cache.c milter/page.c milter/netstring.c \
	milter/mapreply.c milter/tlsmap.c milter/tlsmap_conn.c \
	milter/tlsmap_answer.c milter/tlsmap_pool.c
tests_torture_torture_desk_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/milter
tests_torture_torture_desk_CFLAGS = $(TEST_CFLAGS)
tests_torture_torture_desk_LDFLAGS = $(LIBRARY_LINK)
tests_torture_torture_desk_LDADD = libstsgate.a $(SG_LIBS)
tests_torture_torture_net_SOURCES = tests/torture/torture_net.c \
	tests/torture/fault_library.c \
	tests/torture/no_check.c $(FAULT) \
	$(PLAN_BENCH) $(DNS_SERVER) $(FAKE_HTTPS)
tests_torture_torture_net_CFLAGS = $(TEST_CFLAGS)
tests_torture_torture_net_LDFLAGS = $(LIBRARY_LINK)
tests_torture_torture_net_LDADD = libstsgate.a $(SG_LIBS)
tests_torture_torture_https_SOURCES = tests/torture/torture_https.c \
	tests/torture/fault_library.c tests/torture/no_check.c $(FAULT) \
	$(TLS_SERVER)
tests_torture_torture_https_CFLAGS = $(TEST_CFLAGS)
tests_torture_torture_https_LDFLAGS = $(LIBRARY_LINK)
tests_torture_torture_https_LDADD = libstsgate.a $(SG_LIBS)
endif

dist_check_SCRIPTS += tests/torture/exhaust.py

.PHONY: torture
torture: $(TORTURES) stsgate$(EXEEXT)
	for program in $(TORTURES); do ./$$program -l -j4 || exit 1; done
	$(srcdir)/tests/torture/exhaust.py ./stsgate$(EXEEXT)
