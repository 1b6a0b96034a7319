check_PROGRAMS += tests/store/test_store tests/store/test_disk \
	tests/store/test_corrupt tests/store/test_full
tests_store_test_store_SOURCES = tests/store/test_store.c \
	tests/store/scratch.h
tests_store_test_store_CFLAGS = $(TEST_CFLAGS)
tests_store_test_store_LDADD = $(TEST_LIBS)
tests_store_test_disk_SOURCES = tests/store/test_disk.c tests/store/scratch.h \
	tests/store/scratch_sql.h
tests_store_test_disk_CFLAGS = $(TEST_CFLAGS)
tests_store_test_disk_LDADD = $(TEST_LIBS)
tests_store_test_corrupt_SOURCES = tests/store/test_corrupt.c tests/store/scratch.h \
	tests/store/scratch_sql.h
tests_store_test_corrupt_CFLAGS = $(TEST_CFLAGS)
tests_store_test_corrupt_LDADD = $(TEST_LIBS)
tests_store_test_full_SOURCES = tests/store/test_full.c tests/store/scratch.h \
	tests/store/scratch_sql.h
tests_store_test_full_CFLAGS = $(TEST_CFLAGS)
tests_store_test_full_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/store/test_pins
tests_store_test_pins_SOURCES = tests/store/test_pins.c tests/store/scratch.h \
	tests/store/scratch_sql.h
tests_store_test_pins_CFLAGS = $(TEST_CFLAGS)
tests_store_test_pins_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/store/test_seal
tests_store_test_seal_SOURCES = tests/store/test_seal.c tests/store/scratch.h
tests_store_test_seal_CFLAGS = $(TEST_CFLAGS)
tests_store_test_seal_LDADD = $(TEST_LIBS)
check_PROGRAMS += tests/store/test_seal_row
tests_store_test_seal_row_SOURCES = tests/store/test_seal_row.c
tests_store_test_seal_row_CFLAGS = $(TEST_CFLAGS)
tests_store_test_seal_row_LDFLAGS = -Wl,--wrap=malloc -Wl,--wrap=calloc
tests_store_test_seal_row_LDADD = $(TEST_LIBS)
