# tests/net: see Makefile.am
DNS_SERVER = tests/support/dns_server.h tests/support/dns_server.c \
	tests/support/dns_message.h tests/support/dns_message.c \
	tests/support/dns_sign.h tests/support/dns_sign.c
FAKE_HTTPS = tests/support/fake_https.h tests/support/fake_https.c
check_PROGRAMS += tests/net/test_dns
tests_net_test_dns_SOURCES = tests/net/test_dns.c $(DNS_SERVER)
tests_net_test_dns_CFLAGS = $(TEST_CFLAGS)
tests_net_test_dns_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/net/test_plan tests/net/test_plan_dns
tests_net_test_plan_dns_SOURCES = tests/net/test_plan_dns.c \
	tests/net/plan_fixture.h $(DNS_SERVER) $(FAKE_HTTPS)
tests_net_test_plan_dns_CFLAGS = $(TEST_CFLAGS)
tests_net_test_plan_dns_LDADD = $(TEST_LIBS)
tests_net_test_plan_SOURCES = tests/net/test_plan.c \
	tests/net/plan_fixture.h $(DNS_SERVER) $(FAKE_HTTPS)
tests_net_test_plan_CFLAGS = $(TEST_CFLAGS)
tests_net_test_plan_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/net/test_worker
tests_net_test_worker_SOURCES = tests/net/test_worker.c $(DNS_SERVER) $(FAKE_HTTPS)
tests_net_test_worker_CFLAGS = $(TEST_CFLAGS)
tests_net_test_worker_LDADD = $(TEST_LIBS)
TLS_SERVER = tests/support/tls_server.h tests/support/tls_server.c \
	tests/support/test_ca.h tests/support/test_ca.c \
	tests/support/https_bench.h tests/support/https_bench.c
check_PROGRAMS += tests/net/test_job
tests_net_test_job_SOURCES = tests/net/test_job.c
tests_net_test_job_CFLAGS = $(TEST_CFLAGS)
tests_net_test_job_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/net/test_guard
tests_net_test_guard_SOURCES = tests/net/test_guard.c tests/net/special_table.h
tests_net_test_guard_CFLAGS = $(TEST_CFLAGS)
tests_net_test_guard_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/net/test_https
tests_net_test_https_SOURCES = tests/net/test_https.c $(TLS_SERVER)
tests_net_test_https_CFLAGS = $(TEST_CFLAGS)
tests_net_test_https_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/net/test_dns_wire
tests_net_test_dns_wire_SOURCES = tests/net/test_dns_wire.c
tests_net_test_dns_wire_CFLAGS = $(TEST_CFLAGS)
tests_net_test_dns_wire_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/net/test_resolver
tests_net_test_resolver_SOURCES = tests/net/test_resolver.c
tests_net_test_resolver_CFLAGS = $(TEST_CFLAGS)
tests_net_test_resolver_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/net/test_https_cut
tests_net_test_https_cut_SOURCES = tests/net/test_https_cut.c $(TLS_SERVER)
tests_net_test_https_cut_CFLAGS = $(TEST_CFLAGS)
tests_net_test_https_cut_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/net/test_https_env
tests_net_test_https_env_SOURCES = tests/net/test_https_env.c $(TLS_SERVER)
tests_net_test_https_env_CFLAGS = $(TEST_CFLAGS)
tests_net_test_https_env_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/net/test_plan_fetch
tests_net_test_plan_fetch_SOURCES = tests/net/test_plan_fetch.c $(DNS_SERVER) \
	$(TLS_SERVER)
tests_net_test_plan_fetch_CFLAGS = $(TEST_CFLAGS)
tests_net_test_plan_fetch_LDADD = $(TEST_LIBS)
MX_SERVER = tests/support/mx_server.h tests/support/mx_server.c \
	tests/support/test_ca.h tests/support/test_ca.c \
	tests/support/probe_bench.h tests/support/probe_bench.c
check_PROGRAMS += tests/net/test_smtp_reply
tests_net_test_smtp_reply_SOURCES = tests/net/test_smtp_reply.c
tests_net_test_smtp_reply_CFLAGS = $(TEST_CFLAGS)
tests_net_test_smtp_reply_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/net/test_probe_limits
tests_net_test_probe_limits_SOURCES = tests/net/test_probe_limits.c
tests_net_test_probe_limits_CFLAGS = $(TEST_CFLAGS)
tests_net_test_probe_limits_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/net/test_probe
tests_net_test_probe_SOURCES = tests/net/test_probe.c $(MX_SERVER)
tests_net_test_probe_CFLAGS = $(TEST_CFLAGS)
tests_net_test_probe_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/net/test_probe_tls
tests_net_test_probe_tls_SOURCES = tests/net/test_probe_tls.c $(MX_SERVER)
tests_net_test_probe_tls_CFLAGS = $(TEST_CFLAGS)
tests_net_test_probe_tls_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/net/test_probe_dane
tests_net_test_probe_dane_SOURCES = tests/net/test_probe_dane.c $(MX_SERVER)
tests_net_test_probe_dane_CFLAGS = $(TEST_CFLAGS)
tests_net_test_probe_dane_LDADD = $(TEST_LIBS)
PLAN_BENCH = tests/support/plan_bench.h tests/support/plan_bench.c \
	tests/support/mx_server.h tests/support/mx_server.c \
	tests/support/test_ca.h tests/support/test_ca.c
check_PROGRAMS += tests/net/test_plan_mx
tests_net_test_plan_mx_SOURCES = tests/net/test_plan_mx.c $(PLAN_BENCH) \
	$(DNS_SERVER) $(FAKE_HTTPS)
tests_net_test_plan_mx_CFLAGS = $(TEST_CFLAGS)
tests_net_test_plan_mx_LDFLAGS = -Wl,--wrap=sg_dns_ask
tests_net_test_plan_mx_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/net/test_plan_probe
tests_net_test_plan_probe_SOURCES = tests/net/test_plan_probe.c \
	$(PLAN_BENCH) $(DNS_SERVER) $(FAKE_HTTPS)
tests_net_test_plan_probe_CFLAGS = $(TEST_CFLAGS)
tests_net_test_plan_probe_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/net/test_dns_message
tests_net_test_dns_message_SOURCES = tests/net/test_dns_message.c
tests_net_test_dns_message_CFLAGS = $(TEST_CFLAGS)
tests_net_test_dns_message_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/net/test_plan_early
tests_net_test_plan_early_SOURCES = tests/net/test_plan_early.c \
	$(PLAN_BENCH) $(DNS_SERVER) $(FAKE_HTTPS)
tests_net_test_plan_early_CFLAGS = $(TEST_CFLAGS)
tests_net_test_plan_early_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/net/test_probe_share
tests_net_test_probe_share_SOURCES = tests/net/test_probe_share.c $(MX_SERVER)
tests_net_test_probe_share_CFLAGS = $(TEST_CFLAGS)
tests_net_test_probe_share_LDFLAGS = -Wl,--wrap=sg_wall_now
tests_net_test_probe_share_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/net/test_no_connect
tests_net_test_no_connect_SOURCES = tests/net/test_no_connect.c \
	tests/net/special_table.h
tests_net_test_no_connect_CFLAGS = $(TEST_CFLAGS)
tests_net_test_no_connect_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/net/test_rebind
tests_net_test_rebind_SOURCES = tests/net/test_rebind.c $(DNS_SERVER)
tests_net_test_rebind_CFLAGS = $(TEST_CFLAGS)
tests_net_test_rebind_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/net/test_loop
tests_net_test_loop_SOURCES = tests/net/test_loop.c
tests_net_test_loop_CFLAGS = $(TEST_CFLAGS)
tests_net_test_loop_LDADD = $(TEST_LIBS)
