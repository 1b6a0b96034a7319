libstsgate_a_SOURCES += lib/compat/notify.h lib/compat/notify.c
