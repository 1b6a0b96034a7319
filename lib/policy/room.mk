libstsgate_a_SOURCES += lib/policy/finding.h lib/policy/finding.c \
	lib/policy/span.h lib/policy/span.c \
	lib/policy/txt_fields.h lib/policy/txt_fields.c \
	lib/policy/sts_record.h lib/policy/sts_record.c \
	lib/policy/sts_policy.h lib/policy/sts_policy.c \
	lib/policy/sts_policy_private.h lib/policy/sts_policy_fields.c \
	lib/policy/mx_match.h lib/policy/mx_match.c \
	lib/policy/sts_weaker.h lib/policy/sts_weaker.c \
	lib/policy/tlsrpt_record.h lib/policy/tlsrpt_record.c
libstsgate_a_SOURCES += lib/policy/tlsa.h lib/policy/tlsa.c
