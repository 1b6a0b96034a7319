/* SPDX-License-Identifier: ISC */
/*
 * options.h - the option table: one row an option (options.c). Constant.
 */
#ifndef SG_CONFIG_OPTIONS_H
#define SG_CONFIG_OPTIONS_H
#include <stdbool.h>
#include <stddef.h>

enum sg_option_type {
	SG_TYPE_BOOL,
	SG_TYPE_NUMBER,
	/* text */
	SG_TYPE_MILTER_SOCKET,
	SG_TYPE_HOST_PORT,
	SG_TYPE_PATH,
	SG_TYPE_FILE, /* must be there and readable, or "" */
	SG_TYPE_KEY_FILE, /* as base/key.h wants it, or "" */
	SG_TYPE_ACCOUNT,
	SG_TYPE_DOMAIN,
	SG_TYPE_SECONDS,
	SG_TYPE_MILLISECONDS,
	SG_TYPE_PER_MINUTE,
	SG_TYPE_PER_SECOND,
	SG_TYPE_LOG_TARGET,
	SG_TYPE_STORE,
	SG_TYPE_GROUP_NAME,
	SG_TYPE_MATCH,
	SG_TYPE_REQUIRE,
	SG_TYPE_ON_FAIL,
	SG_TYPE_ON_UNKNOWN,
	SG_TYPE_DATE,
	SG_TYPE_NOTE,
	/* lists of text */
	SG_TYPE_LISTENERS,
	SG_TYPE_DOMAINS,
	SG_TYPE_NETWORKS,
	SG_TYPE_SERVERS,
	SG_TYPE_SENDERS,
	SG_TYPE_LOGINS,
	/* lists of { } */
	SG_TYPE_RECIPIENTS,
	SG_TYPE_GROUPS
};

/* Places: where an option may stand. "" (the file), "dns", "https", "limits",
   "probe" fill struct sg_config; "groups" and "recipients" are the entries of
   these lists and fill struct sg_group and struct sg_recipient_rule. */
struct sg_option {
	const char *path; /* "dns.servers" */
	enum sg_option_type type;
	size_t field, count; /* offsets; count is of lists only */
	long min, max;       /* numbers and times (seconds), rates */
	const char *dflt;    /* as written in the file; NULL = no default */
	const char *sample;  /* shown where dflt says little, or NULL */
	unsigned set_bit;    /* SG_RULE_* */
	const char *man;     /* plain sentences */
};

extern const struct sg_option sg_options[];
extern const size_t sg_options_count;

/* NULL if there is none of that name in that place. */
const struct sg_option *sg_option_find(const char *place, const char *name);
/* The name closest to a mistyped one, NULL if none is close. */
const char *sg_option_nearest(const char *place, const char *name);
bool sg_option_in(const struct sg_option *o, const char *place);
/* The part of the path behind the place. */
const char *sg_option_name(const struct sg_option *o);
/* True for "dns": some option is "dns.x", outside of lists. */
bool sg_option_is_section(const char *name);

/* "a number from 1 to 16": what is expected of a value; for messages and
   manuals. */
#define SG_EXPECTED_SIZE 200
const char *sg_option_expected(const struct sg_option *o,
    char out[SG_EXPECTED_SIZE]);
#endif
