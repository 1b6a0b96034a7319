libstsgate_a_SOURCES += lib/store/store.h lib/store/store.c \
	lib/store/memory.h lib/store/memory.c lib/store/disk.h lib/store/disk.c
