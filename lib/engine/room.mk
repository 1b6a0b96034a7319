libstsgate_a_SOURCES += lib/engine/engine.h lib/engine/engine.c lib/engine/engine_private.h lib/engine/pump.c \
	lib/engine/channel.h lib/engine/channel.c lib/engine/flight.h lib/engine/flight.c lib/engine/limits.h lib/engine/limits.c \
	lib/engine/enough.h lib/engine/enough.c \
	lib/engine/clockguard.h lib/engine/clockguard.c \
	lib/engine/doubt.h lib/engine/doubt.c \
	lib/engine/landing.h lib/engine/landing.c
