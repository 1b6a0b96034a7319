/* SPDX-License-Identifier: ISC */
/*
 * values.h - texts of the configuration to values. Pure but for memory; any
 * thread.
 *
 * All have one shape, so that the option table can choose among them: they
 * read text into *field, whose type is named, within o's range. SG_BAD leaves
 * *field alone; err->text is "" when the type's own words
 * (sg_option_expected) say all, else what was expected in this case.
 */
#ifndef SG_CONFIG_VALUES_H
#define SG_CONFIG_VALUES_H
#include <stdbool.h>
#include "base/err.h"
#include "config/config.h"
#include "config/options.h"

typedef enum sg_rc sg_value_fn(const char *text, const struct sg_option *o,
    void *field, struct sg_err *err);

/* values.c: words, times, names */
sg_value_fn sg_value_seconds;      /* uint32_t */
sg_value_fn sg_value_milliseconds; /* uint32_t */
sg_value_fn sg_value_per_minute;   /* uint32_t */
sg_value_fn sg_value_per_second;   /* uint32_t */
sg_value_fn sg_value_date;         /* struct sg_wall: the day after */
sg_value_fn sg_value_log_target;   /* enum sg_log_target */
sg_value_fn sg_value_store;        /* enum sg_config_store */
sg_value_fn sg_value_require;      /* enum sg_require */
sg_value_fn sg_value_on_fail;      /* enum sg_action */
sg_value_fn sg_value_on_unknown;   /* enum sg_action */
sg_value_fn sg_value_group_name;   /* char * */
sg_value_fn sg_value_account;      /* char * */
sg_value_fn sg_value_path;         /* char * */
sg_value_fn sg_value_file;         /* char * */
sg_value_fn sg_value_note;         /* char * */
sg_value_fn sg_value_login;        /* char * */

/* endpoints.c: addresses and domains */
sg_value_fn sg_value_listen;        /* struct sg_listen */
sg_value_fn sg_value_milter_socket; /* char *, as libmilter wants it */
sg_value_fn sg_value_host_port;     /* char * */
sg_value_fn sg_value_server;        /* struct sg_dns_server, family 0 for
				       "recursive" */
sg_value_fn sg_value_network;       /* struct sg_cidr */
sg_value_fn sg_value_domain;        /* char *, kept form or "" */
sg_value_fn sg_value_domain_item;   /* char *, kept form */
sg_value_fn sg_value_match;         /* struct sg_recipient_rule */
sg_value_fn sg_value_sender;        /* struct sg_sender_pattern */

/* Puts a copy of text in *(char **)field, in place of what is there. */
enum sg_rc sg_value_keep(const char *text, void *field);

/* "4h" for 14400: the largest unit that leaves no rest. */
#define SG_TIME_TEXT_SIZE 24
const char *sg_value_format_time(long seconds, char out[SG_TIME_TEXT_SIZE]);
#endif
