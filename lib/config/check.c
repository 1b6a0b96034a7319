/* SPDX-License-Identifier: ISC */
/*
 * check.c - do the options of a configuration go together, and with this
 * machine?
 *
 * Each option by itself has been checked by its type when these are called;
 * here is what needs more than one of them, or a look at the disk.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/key.h"
#include "config/check.h"
#include "config/options.h"
#include "config/read.h"
#include "config/values.h"

/* --- groups --------------------------------------------------------------- */

static void
check_default_group(const config_setting_t *s, bool last,
    struct sg_source *src)
{
	static const char *const criteria[] = { "sender", "login", "client" };
	const config_setting_t *member;
	size_t i;

	if (!last)
		sg_source_mistake(src, sg_read_line(s),
		    "group `default' must be the last one: those behind it "
		    "would never match");
	for (i = 0; i < sizeof(criteria) / sizeof(criteria[0]); i++) {
		member = config_setting_get_member(s, criteria[i]);
		if (member != NULL)
			sg_source_mistake(src, sg_read_line(member), "option "
			    "`%s': group `default' is for all other mail and "
			    "may not have it", criteria[i]);
	}
}

void
sg_check_group(const config_setting_t *s, bool last, struct sg_source *src,
    const struct sg_config *c)
{
	const struct sg_group *g = &c->groups[c->n_groups - 1], *other;
	const config_setting_t *name = config_setting_get_member(s, "name");

	if (name == NULL)
		sg_source_mistake(src, sg_read_line(s),
		    "option `name': a group must have it");
	if (g->name == NULL)
		return;
	for (other = c->groups; other < g; other++)
		if (other->name != NULL && strcmp(other->name, g->name) == 0) {
			sg_source_mistake(src, sg_read_line(name), "option "
			    "`name': there is a group `%s' already", g->name);
			break;
		}
	if (strcmp(g->name, "default") == 0)
		check_default_group(s, last, src);
}

/* --- the whole ------------------------------------------------------------ */

static void
finish_servers(config_t *tree, struct sg_source *src, struct sg_config *c)
{
	const config_setting_t *s = config_lookup(tree, "dns.servers");
	size_t i;

	for (i = 0; i < c->n_dns_servers; i++)
		if (c->dns_servers[i].addr.family == 0)
			c->dns_recursive = true;
	if (!c->dns_recursive)
		return;
	if (c->n_dns_servers > 1)
		sg_source_mistake(src, sg_read_line(s), "option `dns.servers': "
		    "\"recursive\" asks no other servers and must be alone");
	free(c->dns_servers);
	c->dns_servers = NULL;
	c->n_dns_servers = 0;
}

/* The sockets that are given in words of their own, as listeners; their types
   have checked them. */
static void
finish_listeners(struct sg_config *c)
{
	char text[sizeof(c->control_listen.path) + 8];
	const char *colon = strrchr(c->metrics_listen, ':');
	struct sg_err err;

	sg_assert(sg_value_listen(c->milter_socket, NULL,
	    &c->milter_listen, &err) == SG_OK);
	snprintf(text, sizeof(text), "unix:%s", c->control_socket);
	sg_assert(sg_value_listen(text, NULL, &c->control_listen, &err) ==
	    SG_OK);
	if (colon == NULL)
		return;
	snprintf(text, sizeof(text), "inet:%s@%.*s", colon + 1,
	    (int)(colon - c->metrics_listen), c->metrics_listen);
	sg_assert(sg_value_listen(text, NULL, &c->metrics_at, &err) == SG_OK);
}

static void
check_tlsmap(config_t *tree, struct sg_source *src, const struct sg_config *c)
{
	const config_setting_t *s = config_lookup(tree, "tlsmap_listen");

	if (c->n_tlsmap_listen > SG_CONFIG_MAX_TLSMAP)
		sg_source_mistake(src, sg_read_line(s), "option "
		    "`tlsmap_listen': expected at most %d sockets, got %zu",
		    SG_CONFIG_MAX_TLSMAP, c->n_tlsmap_listen);
}

static int
look_at_file(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0 || access(path, R_OK) != 0)
		return errno;
	return S_ISDIR(st.st_mode) ? EISDIR : 0;
}

static void
check_file(config_t *tree, const struct sg_option *o, struct sg_source *src,
    const struct sg_config *c)
{
	const char *path = *(char *const *)((const char *)c + o->field);
	const config_setting_t *s = config_lookup(tree, o->path);
	int error = *path == '\0' ? 0 : look_at_file(path);

	if (error == 0)
		return;
	sg_source_mistake(src, s != NULL ? sg_read_line(s) : 0, "option `%s': "
	    "expected a file that can be read, got %.500s: %s%s", o->path,
	    path, strerror(error), o->field !=
	    offsetof(struct sg_config, trust_anchor_file) ? "" :
	    "; install dns-root-data, or set dns.trust_anchor_file = \"\" to "
	    "go without DNSSEC");
}

/* Who may not look leaves it to the one who reads it: commands are for any user,
   front and net workers may not. */
static void
check_key_file(config_t *tree, const struct sg_option *o,
    struct sg_source *src, const struct sg_config *c)
{
	const char *path = *(char *const *)((const char *)c + o->field);
	const config_setting_t *s = config_lookup(tree, o->path);
	struct sg_err err;

	if (*path != '\0' && sg_key_look(path, &err) == SG_BAD)
		sg_source_mistake(src, s != NULL ? sg_read_line(s) : 0,
		    "option `%s': %.500s: %s", o->path, path, err.text);
}

static void
check_files(config_t *tree, struct sg_source *src, const struct sg_config *c)
{
	size_t i;

	for (i = 0; i < sg_options_count; i++)
		if (sg_options[i].type == SG_TYPE_FILE)
			check_file(tree, &sg_options[i], src, c);
		else if (sg_options[i].type == SG_TYPE_KEY_FILE)
			check_key_file(tree, &sg_options[i], src, c);
}

void
sg_check_whole(config_t *tree, struct sg_source *src, struct sg_config *c)
{
	finish_servers(tree, src, c);
	finish_listeners(c);
	check_tlsmap(tree, src, c);
	check_files(tree, src, c);
}
