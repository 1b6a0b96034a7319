check_PROGRAMS += tests/decide/test_rules tests/decide/test_verdict \
	tests/decide/test_action
tests_decide_test_rules_SOURCES = tests/decide/test_rules.c
tests_decide_test_rules_CFLAGS = $(TEST_CFLAGS)
tests_decide_test_rules_LDADD = $(TEST_LIBS)
tests_decide_test_verdict_SOURCES = tests/decide/test_verdict.c \
	tests/decide/facts_words.h tests/decide/facts_words.c
tests_decide_test_verdict_CFLAGS = $(TEST_CFLAGS)
tests_decide_test_verdict_LDADD = $(TEST_LIBS)
tests_decide_test_action_SOURCES = tests/decide/test_action.c
tests_decide_test_action_CFLAGS = $(TEST_CFLAGS)
tests_decide_test_action_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/decide/test_map
tests_decide_test_map_SOURCES = tests/decide/test_map.c \
	tests/decide/facts_words.h tests/decide/facts_words.c
tests_decide_test_map_CFLAGS = $(TEST_CFLAGS)
tests_decide_test_map_LDADD = $(TEST_LIBS)
