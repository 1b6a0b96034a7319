libstsgate_a_SOURCES += lib/decide/map.h lib/decide/map.c lib/decide/decide.h lib/decide/decide_private.h \
	lib/decide/rules.c lib/decide/verdict.c lib/decide/verdict_mx.c \
	lib/decide/action.c
