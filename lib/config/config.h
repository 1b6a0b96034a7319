/* SPDX-License-Identifier: ISC */
/*
 * config.h - stsgate.conf, read whole or refused whole (stsgate.conf(5)).
 *
 * A configuration is an immutable, counted snapshot: a milter session keeps
 * the one it began with. One table (options.c) names every option with its
 * type, range, default and manual text; the parser, the manual and the
 * commented example are made from it.
 */
#ifndef SG_CONFIG_H
#define SG_CONFIG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "base/addr.h"
#include "base/clock.h"
#include "base/domain.h"
#include "base/log.h"
#include "base/terms.h"

#define SG_CONFIG_FILE SG_SYSCONFDIR "/stsgate/stsgate.conf"

/* Which members of a rule were written; the others fall through to the next
   less specific rule (decide/rules.c). */
enum {
	SG_RULE_REQUIRE = 1 << 0,
	SG_RULE_ON_FAIL = 1 << 1,
	SG_RULE_ON_UNKNOWN = 1 << 2,
	SG_RULE_DRY_RUN = 1 << 3,
	SG_RULE_WINDOW = 1 << 4
};

/* What may be asked of a recipient: the members that groups and recipient
   entries have in common. */
struct sg_rule {
	unsigned set; /* SG_RULE_* */
	enum sg_require require;
	enum sg_action on_fail;    /* default defer */
	enum sg_action on_unknown; /* default auto */
	bool dry_run;
	uint32_t unknown_window_s; /* default 4h */
};

/* recipients = ( { match = ".mil.example" ... } ) */
struct sg_recipient_rule {
	char match[SG_DOMAIN_SIZE + 1]; /* as shown: ".x" or "x", kept form */
	bool subdomains;  /* ".x": every name below x, not x itself */
	const char *name; /* match without the leading dot */
	struct sg_rule rule;
	struct sg_wall until; /* first second after the last day (UTC) of
				 `until`; 0 = for ever */
	char *note;           /* or NULL */
};

enum sg_sender_kind {
	SG_SENDER_ADDRESS,   /* "ceo@example.com" (local part without case) */
	SG_SENDER_DOMAIN,    /* "@finance.example.com" */
	SG_SENDER_SUBDOMAINS,/* "@.corp.example.com": below it */
	SG_SENDER_NULL       /* "<>": the null reverse-path */
};
struct sg_sender_pattern {
	enum sg_sender_kind kind;
	char *local; /* ADDRESS only */
	char domain[SG_DOMAIN_SIZE];
};

#define SG_GROUP_NAME_SIZE 33

struct sg_group {
	char *name; /* [a-z0-9_-]{1,32}, unique: it is a metric label */
	size_t n_senders, n_logins, n_clients;
	struct sg_sender_pattern *senders;
	char **logins;           /* shell patterns, fnmatch(3) */
	struct sg_cidr *clients;
	struct sg_rule rule;     /* complete: defaults filled in */
	bool route_tag;          /* say in the header what delivery must keep */
	size_t n_recipients;
	struct sg_recipient_rule *recipients;
};

/* The tier that outlives the daemon. */
enum sg_config_store { SG_CONFIG_STORE_SQLITE };

struct sg_listen { /* "unix:/path" or "inet:port@host" */
	bool is_unix;
	char path[108];   /* unix */
	char host[64];    /* inet: an address literal */
	uint16_t port;
};

#define SG_CONFIG_MAX_TLSMAP 8 /* sockets of tlsmap_listen */

/* One of dns.servers: "127.0.0.53@5353" */
struct sg_dns_server {
	struct sg_addr addr;
	uint16_t port;
};

struct sg_config {
	/* listeners */
	char *milter_socket; /* as libmilter wants it: "unix:/p",
				"inet:8890@127.0.0.1" */
	struct sg_listen milter_listen; /* the same, taken apart */
	char *socket_group;   /* "" = leave it */
	size_t n_tlsmap_listen;
	struct sg_listen *tlsmap_listen;
	char *control_socket; /* path */
	struct sg_listen control_listen; /* the same */
	char *metrics_listen; /* "127.0.0.1:9610", "" = off */
	struct sg_listen metrics_at; /* the same, taken apart */
	/* the daemon */
	char *state_dir;
	enum sg_config_store store;
	char *store_key_file; /* "" = rows are not sealed */
	unsigned report_days; /* 0 to 366; 0 = no report is kept */
	char *user; /* "" = stay who we are */
	unsigned workers; /* 1 to 16 */
	bool dry_run;
	bool delivery_map;
	uint32_t pin_for_s;
	uint32_t reply_deadline_ms; /* 1000 to 9000 */
	size_t n_own_hosts;
	char **own_hosts; /* kept form */
	size_t n_allow_networks;
	struct sg_cidr *allow_networks;
	enum sg_log_target log_target;
	bool log_addresses;
	/* dns */
	bool dns_recursive; /* servers = ["recursive"] */
	size_t n_dns_servers; /* 0 and not recursive: resolv.conf */
	struct sg_dns_server *dns_servers;
	char *trust_anchor_file;
	size_t n_insecure_zones;
	char **insecure_zones; /* kept form */
	/* https */
	char *https_ca_file; /* "" = the system's store */
	uint32_t https_timeout_ms;
	bool https_allow_unframed;
	uint32_t confirm_weaker_s; /* 0 = a weaker policy is believed at once */
	/* limits */
	uint32_t cold_per_sender_per_min; /* "300/m" */
	uint32_t cold_per_group_per_s;    /* "100/s" */
	uint32_t cold_total_per_s;        /* "200/s" */
	/* probe */
	bool probe_enable;
	char *probe_helo; /* "" = the host's own name */
	char *probe_ca_file;
	uint32_t probe_timeout_ms, probe_good_for_s, probe_bad_for_s;
	/* rules */
	size_t n_recipients;
	struct sg_recipient_rule *recipients;
	size_t n_groups; /* at least 1: the last is "default" */
	struct sg_group *groups;
	char *text; /* the whole, includes put in place, as written: what
		       sg_config_parse() makes an equal snapshot of */
	size_t one_block; /* all of it lies in one, so long; 0: each by itself */
	unsigned refs;
};

/* One mistake: where, and what was expected. */
struct sg_config_error {
	char *file;
	unsigned line; /* 0: the file as a whole */
	char *text; /* "option `on_fail': expected accept, tag, hold, defer or
		       reject, got \"bounce\"" */
};
struct sg_config_errors {
	size_t n;
	struct sg_config_error *e;
};

/* Reads a file. SG_OK: *out_r holds one reference. SG_BAD: errors (caller's,
   zeroed before) has every mistake in order of file and line; free them with
   sg_config_errors_fini(). SG_NONE: the file is not there (also in errors).
   Missing CA or trust anchor files are mistakes (THREATS 5.4). */
enum sg_rc sg_config_load(const char *path, struct sg_config **out_r,
    struct sg_config_errors *errors);

/* The same from text (a snapshot's own text: see `text` above); name stands
   for the file in errors; @include is a mistake here. Every configuration may
   be empty: all has defaults. */
enum sg_rc sg_config_parse(const char *text, const char *name,
    struct sg_config **out_r, struct sg_config_errors *errors);

/* Both of the above, and packing, end the process (by an assertion or in
   libconfig) that is short of memory: for the start of a program, or for a
   process of its own, which hands on what it has read. */

/* A snapshot as bytes for another process of this very program, malloc'ed. */
void *sg_config_pack(const struct sg_config *c, size_t *len);
/* Makes of such bytes a snapshot again, with one reference, in place: it takes
   over block, which must be malloc'ed, and allocates nothing. SG_BAD: they are
   no such thing; block stays yours, and is spoilt. */
enum sg_rc sg_config_unpack(void *block, size_t len, struct sg_config **out_r);

void sg_config_errors_fini(struct sg_config_errors *errors);
/* "file:line: text" lines, as check-config prints them. */
void sg_config_errors_print(const struct sg_config_errors *errors, FILE *out);

struct sg_config *sg_config_ref(const struct sg_config *c);
void sg_config_unref(struct sg_config **c);

/* Manual text from the option table: mdoc list items for stsgate.conf(5), and
   the commented example file. */
void sg_config_print_mdoc(FILE *out);
void sg_config_print_example(FILE *out);
#endif
