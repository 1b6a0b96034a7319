libstsgate_a_SOURCES += lib/facts/facts.h lib/facts/facts.c \
	lib/facts/pin.h lib/facts/pin.c \
	lib/facts/freshness.c lib/facts/hold.c lib/facts/codec.h lib/facts/codec.c \
	lib/facts/packed.h lib/facts/packed.c lib/facts/facts_private.h
