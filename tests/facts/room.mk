check_PROGRAMS += tests/facts/test_facts tests/facts/test_freshness \
	tests/facts/test_codec tests/facts/test_packed
tests_facts_test_facts_SOURCES = tests/facts/test_facts.c tests/facts/sample.h
tests_facts_test_facts_CFLAGS = $(TEST_CFLAGS)
tests_facts_test_facts_LDADD = $(TEST_LIBS)
tests_facts_test_freshness_SOURCES = tests/facts/test_freshness.c \
	tests/facts/sample.h
tests_facts_test_freshness_CFLAGS = $(TEST_CFLAGS)
tests_facts_test_freshness_LDADD = $(TEST_LIBS)
tests_facts_test_packed_SOURCES = tests/facts/test_packed.c \
	tests/facts/random_facts.h tests/facts/sample.h
tests_facts_test_packed_CFLAGS = $(TEST_CFLAGS)
tests_facts_test_packed_LDADD = $(TEST_LIBS)
tests_facts_test_codec_SOURCES = tests/facts/test_codec.c \
	tests/facts/random_facts.h tests/facts/sample.h
tests_facts_test_codec_CFLAGS = $(TEST_CFLAGS)
tests_facts_test_codec_LDADD = $(TEST_LIBS)
