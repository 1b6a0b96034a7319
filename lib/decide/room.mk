libstsgate_a_SOURCES += lib/decide/decide.h lib/decide/rules.c \
	lib/decide/verdict.c lib/decide/action.c
