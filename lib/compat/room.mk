libstsgate_a_SOURCES += lib/compat/notify.h lib/compat/notify.c \
	lib/compat/sandbox.h lib/compat/sandbox.c \
	lib/compat/acl.h lib/compat/acl.c lib/compat/cpu.h \
	lib/compat/cpu.c
