libstsgate_a_SOURCES += lib/config/config.h lib/config/config.c \
	lib/config/options.h lib/config/options.c lib/config/values.h lib/config/values.c \
	lib/config/manual.c
