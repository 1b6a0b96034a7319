libstsgate_a_SOURCES += lib/policy/finding.h lib/policy/finding.c \
	lib/policy/sts_record.h lib/policy/sts_record.c \
	lib/policy/sts_policy.h lib/policy/sts_policy.c \
	lib/policy/mx_match.h lib/policy/mx_match.c \
	lib/policy/tlsrpt_record.h lib/policy/tlsrpt_record.c
