# tests/base: see Makefile.am
check_PROGRAMS += tests/base/test_domain
tests_base_test_domain_SOURCES = tests/base/test_domain.c
tests_base_test_domain_CFLAGS = $(TEST_CFLAGS)
tests_base_test_domain_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/base/test_mailaddr
tests_base_test_mailaddr_SOURCES = tests/base/test_mailaddr.c
tests_base_test_mailaddr_CFLAGS = $(TEST_CFLAGS)
tests_base_test_mailaddr_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/base/test_nexthop
tests_base_test_nexthop_SOURCES = tests/base/test_nexthop.c
tests_base_test_nexthop_CFLAGS = $(TEST_CFLAGS)
tests_base_test_nexthop_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/base/test_addr
tests_base_test_addr_SOURCES = tests/base/test_addr.c
tests_base_test_addr_CFLAGS = $(TEST_CFLAGS)
tests_base_test_addr_LDADD = $(TEST_LIBS)
