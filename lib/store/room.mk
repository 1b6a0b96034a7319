libstsgate_a_SOURCES += lib/store/store.h lib/store/store_private.h \
	lib/store/store.c lib/store/writing.c \
	lib/store/memory.h lib/store/memory.c \
	lib/store/key_hash.h lib/store/key_hash.c \
	lib/store/dbfile.h lib/store/dbfile.c \
	lib/store/disk.h lib/store/disk_private.h lib/store/disk.c lib/store/disk_open.c \
	lib/store/seal.h lib/store/seal.c \
	lib/store/unwritten.h lib/store/unwritten.c \
	lib/store/pins.h lib/store/pins.c lib/store/disk_pins.c
