libstsgate_a_SOURCES += lib/base/err.h lib/base/err.c lib/base/clock.h lib/base/clock.c \
	lib/base/log.h lib/base/log.c \
	lib/base/log_sink.h lib/base/log_sink.c lib/base/log_limit.h \
	lib/base/log_limit.c lib/base/domain.h lib/base/domain.c \
	lib/base/nexthop.h lib/base/nexthop.c lib/base/mailaddr.h lib/base/mailaddr.c \
	lib/base/addr.h lib/base/addr.c lib/base/terms.h lib/base/terms.c \
	lib/base/key.h lib/base/key.c \
	lib/base/spare.h lib/base/spare.c
