/* SPDX-License-Identifier: ISC */
/*
 * types.c - how is a value of each type read, and what does it hold?
 *
 * The second table of the room: options.c says which type an option has, this
 * one what a type is, so that reading and freeing are each written once.
 */
#include <stdlib.h>
#include "config/types.h"

static void
release_string(void *value)
{
	char **s = value;

	free(*s);
	*s = NULL;
}

static void
release_sender(void *value)
{
	struct sg_sender_pattern *p = value;

	free(p->local);
	p->local = NULL;
}

#define SCALAR(fn) { SG_SHAPE_TEXT, fn, 0, NULL, NULL }
#define STRING(fn) { SG_SHAPE_TEXT, fn, 0, release_string, NULL }
#define LIST(fn, type, release) \
	{ SG_SHAPE_LIST, fn, sizeof(type), release, NULL }
#define ENTRIES(type, place) \
	{ SG_SHAPE_ENTRIES, NULL, sizeof(type), NULL, place }

static const struct sg_type types[] = {
	[SG_TYPE_BOOL] = { SG_SHAPE_BOOL, NULL, 0, NULL, NULL },
	[SG_TYPE_NUMBER] = { SG_SHAPE_NUMBER, NULL, 0, NULL, NULL },
	[SG_TYPE_MILTER_SOCKET] = STRING(sg_value_milter_socket),
	[SG_TYPE_HOST_PORT] = STRING(sg_value_host_port),
	[SG_TYPE_PATH] = STRING(sg_value_path),
	[SG_TYPE_FILE] = STRING(sg_value_file),
	[SG_TYPE_KEY_FILE] = STRING(sg_value_file),
	[SG_TYPE_ACCOUNT] = STRING(sg_value_account),
	[SG_TYPE_DOMAIN] = STRING(sg_value_domain),
	[SG_TYPE_SECONDS] = SCALAR(sg_value_seconds),
	[SG_TYPE_MILLISECONDS] = SCALAR(sg_value_milliseconds),
	[SG_TYPE_PER_MINUTE] = SCALAR(sg_value_per_minute),
	[SG_TYPE_PER_SECOND] = SCALAR(sg_value_per_second),
	[SG_TYPE_LOG_TARGET] = SCALAR(sg_value_log_target),
	[SG_TYPE_STORE] = SCALAR(sg_value_store),
	[SG_TYPE_GROUP_NAME] = STRING(sg_value_group_name),
	[SG_TYPE_MATCH] = SCALAR(sg_value_match),
	[SG_TYPE_REQUIRE] = SCALAR(sg_value_require),
	[SG_TYPE_ON_FAIL] = SCALAR(sg_value_on_fail),
	[SG_TYPE_ON_UNKNOWN] = SCALAR(sg_value_on_unknown),
	[SG_TYPE_DATE] = SCALAR(sg_value_date),
	[SG_TYPE_NOTE] = STRING(sg_value_note),
	[SG_TYPE_LISTENERS] = LIST(sg_value_listen, struct sg_listen, NULL),
	[SG_TYPE_DOMAINS] = LIST(sg_value_domain_item, char *, release_string),
	[SG_TYPE_NETWORKS] = LIST(sg_value_network, struct sg_cidr, NULL),
	[SG_TYPE_SERVERS] = LIST(sg_value_server, struct sg_dns_server, NULL),
	[SG_TYPE_SENDERS] = LIST(sg_value_sender, struct sg_sender_pattern,
	    release_sender),
	[SG_TYPE_LOGINS] = LIST(sg_value_login, char *, release_string),
	[SG_TYPE_RECIPIENTS] = ENTRIES(struct sg_recipient_rule, "recipients"),
	[SG_TYPE_GROUPS] = ENTRIES(struct sg_group, "groups"),
};

const struct sg_type *
sg_type_of(const struct sg_option *o)
{
	return &types[o->type];
}
