libstsgate_a_SOURCES += lib/engine/engine.h lib/engine/engine.c \
	lib/engine/channel.h lib/engine/channel.c lib/engine/flight.h lib/engine/flight.c
