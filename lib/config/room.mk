libstsgate_a_SOURCES += lib/config/config.h lib/config/config.c \
	lib/config/options.h lib/config/options.c lib/config/values.h lib/config/values.c \
	lib/config/endpoints.c lib/config/types.h lib/config/types.c \
	lib/config/check.h lib/config/check.c lib/config/read.h lib/config/read.c lib/config/source.h lib/config/source.c \
	lib/config/image.c lib/config/manual.c
