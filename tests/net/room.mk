# tests/net: see Makefile.am
DNS_SERVER = tests/support/dns_server.h tests/support/dns_server.c \
	tests/support/dns_message.h tests/support/dns_message.c \
	tests/support/dns_sign.h tests/support/dns_sign.c
FAKE_HTTPS = tests/support/fake_https.h tests/support/fake_https.c
check_PROGRAMS += tests/net/test_dns
tests_net_test_dns_SOURCES = tests/net/test_dns.c $(DNS_SERVER)
tests_net_test_dns_CFLAGS = $(TEST_CFLAGS)
tests_net_test_dns_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/net/test_plan
tests_net_test_plan_SOURCES = tests/net/test_plan.c $(DNS_SERVER) $(FAKE_HTTPS)
tests_net_test_plan_CFLAGS = $(TEST_CFLAGS)
tests_net_test_plan_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/net/test_worker
tests_net_test_worker_SOURCES = tests/net/test_worker.c $(DNS_SERVER) $(FAKE_HTTPS)
tests_net_test_worker_CFLAGS = $(TEST_CFLAGS)
tests_net_test_worker_LDADD = $(TEST_LIBS)
