/* SPDX-License-Identifier: ISC */
/*
 * config_help.h - a configuration that does not need dns-root-data installed,
 * and all of a snapshot as text, so that two can be compared and shown.
 * Comes before all other headers.
 */
#ifndef TESTS_CONFIG_HELP_H
#define TESTS_CONFIG_HELP_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* asprintf(3), memmem(3) */
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config/config.h"

/* Goes without DNSSEC unless the text says something of the trust anchor; on
   the same lines, so that line numbers stay. The caller frees it. */
static inline char *
help_no_anchor(const char *text)
{
	const char *dns = strstr(text, "dns = {");
	char *out = NULL;
	int n;

	if (strstr(text, "trust_anchor_file") != NULL)
		n = asprintf(&out, "%s", text);
	else if (dns != NULL)
		n = asprintf(&out, "%.*s trust_anchor_file = \"\"; %s",
		    (int)(dns + 7 - text), text, dns + 7);
	else
		n = asprintf(&out, "%s\ndns = { trust_anchor_file = \"\" }\n",
		    text);
	return n < 0 ? NULL : out;
}

static inline void
help_dump_rule(FILE *f, const struct sg_rule *r)
{
	fprintf(f, " set=%x %s/%s/%s dry=%d window=%u", r->set,
	    sg_require_name(r->require), sg_action_name(r->on_fail),
	    sg_action_name(r->on_unknown), r->dry_run, r->unknown_window_s);
}

static inline void
help_dump_cidrs(FILE *f, const char *name, const struct sg_cidr *c, size_t n)
{
	char text[SG_ADDR_TEXT_SIZE];
	size_t i;

	for (i = 0; i < n; i++)
		fprintf(f, "%s=%s/%u\n", name, sg_addr_format(&c[i].addr,
		    text), c[i].bits);
}

static inline void
help_dump_strings(FILE *f, const char *name, char *const *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		fprintf(f, "%s=%s\n", name, s[i]);
}

static inline void
help_dump_recipients(FILE *f, const struct sg_recipient_rule *r, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		fprintf(f, "recipient=%s below=%d name=%s until=%lld note=%s",
		    r[i].match, r[i].subdomains, r[i].name,
		    (long long)r[i].until.s, r[i].note ? r[i].note : "-");
		help_dump_rule(f, &r[i].rule);
		fputc('\n', f);
	}
}

static inline void
help_dump_group(FILE *f, const struct sg_group *g)
{
	size_t i;

	fprintf(f, "group=%s", g->name);
	help_dump_rule(f, &g->rule);
	fputc('\n', f);
	for (i = 0; i < g->n_senders; i++)
		fprintf(f, "sender=%d,%s,%s\n", (int)g->senders[i].kind,
		    g->senders[i].local ? g->senders[i].local : "-",
		    g->senders[i].domain);
	help_dump_strings(f, "login", g->logins, g->n_logins);
	help_dump_cidrs(f, "client", g->clients, g->n_clients);
	help_dump_recipients(f, g->recipients, g->n_recipients);
}

static inline void
help_dump_listen(FILE *f, const char *name, const struct sg_listen *l)
{
	fprintf(f, "%s=%d,%s,%s,%u\n", name, l->is_unix, l->path, l->host,
	    (unsigned)l->port);
}

static inline void
help_dump_dns(FILE *f, const struct sg_config *c)
{
	char text[SG_ADDR_TEXT_SIZE];
	size_t i;

	fprintf(f, "recursive=%d\nanchor=%s\n", c->dns_recursive,
	    c->trust_anchor_file);
	for (i = 0; i < c->n_dns_servers; i++)
		fprintf(f, "server=%s@%u\n", sg_addr_format(
		    &c->dns_servers[i].addr, text), c->dns_servers[i].port);
	help_dump_strings(f, "insecure", c->insecure_zones,
	    c->n_insecure_zones);
}

/* The whole snapshot but for its text. The caller frees it. */
static inline char *
help_dump(const struct sg_config *c)
{
	char *out = NULL;
	size_t size, i;
	FILE *f = open_memstream(&out, &size);

	fprintf(f, "milter=%s\n", c->milter_socket);
	help_dump_listen(f, "listen", &c->milter_listen);
	for (i = 0; i < c->n_tlsmap_listen; i++)
		help_dump_listen(f, "tlsmap", &c->tlsmap_listen[i]);
	fprintf(f, "socket_group=%s\ncontrol=%s\nmetrics=%s\nstate=%s\n"
	    "store=%d\nreport_days=%u\nuser=%s\nworkers=%u\ndry_run=%d\nmap=%d\n"
	    "deadline=%u\nlog=%d\naddresses=%d\n", c->socket_group,
	    c->control_socket, c->metrics_listen, c->state_dir, (int)c->store,
	    c->report_days, c->user, c->workers, c->dry_run, c->delivery_map,
	    c->reply_deadline_ms, (int)c->log_target, c->log_addresses);
	help_dump_strings(f, "own", c->own_hosts, c->n_own_hosts);
	help_dump_cidrs(f, "allow", c->allow_networks, c->n_allow_networks);
	help_dump_dns(f, c);
	fprintf(f, "https=%s,%u,%d,%u\nlimits=%u,%u,%u\nprobe=%d,%s,%s,%u,%u,%u\n",
	    c->https_ca_file, c->https_timeout_ms, c->https_allow_unframed,
	    c->confirm_weaker_s,
	    c->cold_per_sender_per_min, c->cold_per_group_per_s,
	    c->cold_total_per_s, c->probe_enable, c->probe_helo,
	    c->probe_ca_file, c->probe_timeout_ms, c->probe_good_for_s,
	    c->probe_bad_for_s);
	help_dump_recipients(f, c->recipients, c->n_recipients);
	for (i = 0; i < c->n_groups; i++)
		help_dump_group(f, &c->groups[i]);
	fclose(f);
	return out;
}
#endif
