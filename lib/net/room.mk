libstsgate_a_SOURCES += lib/net/job.h lib/net/job.c lib/net/guard.h lib/net/guard.c \
	lib/net/dns.h lib/net/dns.c lib/net/https.h lib/net/https.c \
	lib/net/plan.h lib/net/plan.c lib/net/worker.h lib/net/worker.c
