# tests/policy: see Makefile.am
check_PROGRAMS += tests/policy/test_mx_match
tests_policy_test_mx_match_SOURCES = tests/policy/test_mx_match.c
tests_policy_test_mx_match_CFLAGS = $(TEST_CFLAGS)
tests_policy_test_mx_match_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/policy/test_sts_record
tests_policy_test_sts_record_SOURCES = tests/policy/test_sts_record.c
tests_policy_test_sts_record_CFLAGS = $(TEST_CFLAGS)
tests_policy_test_sts_record_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/policy/test_sts_policy
tests_policy_test_sts_policy_SOURCES = tests/policy/test_sts_policy.c
tests_policy_test_sts_policy_CFLAGS = $(TEST_CFLAGS)
tests_policy_test_sts_policy_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/policy/test_tlsrpt_record
tests_policy_test_tlsrpt_record_SOURCES = tests/policy/test_tlsrpt_record.c
tests_policy_test_tlsrpt_record_CFLAGS = $(TEST_CFLAGS)
tests_policy_test_tlsrpt_record_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/policy/test_mutate
tests_policy_test_mutate_SOURCES = tests/policy/test_mutate.c
tests_policy_test_mutate_CFLAGS = $(TEST_CFLAGS)
tests_policy_test_mutate_LDADD = $(TEST_LIBS)
dist_check_SCRIPTS += tests/policy/lint_cli.sh
TESTS += tests/policy/lint_cli.sh
check_PROGRAMS += tests/policy/test_tlsa
tests_policy_test_tlsa_SOURCES = tests/policy/test_tlsa.c \
	tests/support/test_ca.h tests/support/test_ca.c
tests_policy_test_tlsa_CFLAGS = $(TEST_CFLAGS)
tests_policy_test_tlsa_LDADD = $(TEST_LIBS)
