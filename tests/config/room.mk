# tests/config: see Makefile.am
EXTRA_DIST += tests/config/config_help.h
check_PROGRAMS += tests/config/test_mistakes tests/config/test_config \
	tests/config/test_mutate
tests_config_test_mistakes_SOURCES = tests/config/test_mistakes.c
tests_config_test_mistakes_CFLAGS = $(TEST_CFLAGS)
tests_config_test_mistakes_LDADD = $(TEST_LIBS)
tests_config_test_config_SOURCES = tests/config/test_config.c
tests_config_test_config_CFLAGS = $(TEST_CFLAGS)
tests_config_test_config_LDADD = $(TEST_LIBS)
tests_config_test_mutate_SOURCES = tests/config/test_mutate.c
tests_config_test_mutate_CFLAGS = $(TEST_CFLAGS)
tests_config_test_mutate_LDADD = $(TEST_LIBS)
