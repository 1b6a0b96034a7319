libstsgate_a_SOURCES += lib/report/counters.h lib/report/counters.c
