/* SPDX-License-Identifier: ISC */
/*
 * Sets up libunbound: options, then servers, then the trust anchor, then the
 * built-in zones, each return code looked at.
 *
 * The order matters: ub_ctx_zone_remove() finalises the context, after which
 * an anchor is refused, and whoever ignores that gets a resolver that calls
 * everything insecure (LIBRARIES 1). Most options differ from the library's
 * defaults because those are made for one question at a time.
 */
#include <limits.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unbound-event.h>
#include "net/resolver.h"

struct option {
	const char *name, *value;
};

static const struct option COMMON[] = {
	{ "outgoing-num-tcp:", "128" },
	/* Answers that need fragments are asked for again over TCP. */
	{ "edns-buffer-size:", "1232" },
	{ "max-udp-size:", "1232" },
	/* A forwarder that answers from its cache in 1 ms needs seconds for a
	   name that it has to look up: by default the library then gives up
	   after 0.7 s in all (six sends, the first wait being 50 ms). */
	{ "infra-cache-min-rtt:", "400" },
	/* A server that was dead is tried again soon: without these the
	   library waits up to 48 s after an outage. */
	{ "infra-cache-max-rtt:", "3000" },
	{ "infra-host-ttl:", "30" },
	{ "infra-keep-probing:", "yes" },
	{ "outbound-msg-retry:", "3" },
	{ "jostle-timeout:", "200" },
	/* A zone that mends its signatures is believed again soon. */
	{ "val-bogus-ttl:", "30" },
	{ "val-max-restart:", "5" },
	{ "harden-glue:", "yes" },
	{ "harden-dnssec-stripped:", "yes" },
	{ "harden-below-nxdomain:", "yes" },
	{ "qname-minimisation:", "yes" },
	/* CVE-2026-46582, -44621, -109125 live behind these two. */
	{ "serve-expired:", "no" },
	{ "unwanted-reply-threshold:", "0" },
	{ NULL, NULL }
};

/* libunbound keeps TTL limits for the process, not for a context: what one
   context sets holds for all (seen in 1.17.1). */
static const struct option CACHES[] = {
	{ "msg-cache-size:", "16m" },
	{ "rrset-cache-size:", "32m" },
	{ "key-cache-size:", "8m" },
	{ "cache-max-negative-ttl:", "300" },
	{ NULL, NULL }
};

/* Whom a foreign zone's NS records may not make us send packets to (T11).
   Not with forwarders: they are often on loopback, and the rule is theirs.
   Addresses in answers are not filtered here (private-address): they are
   facts, and the guard refuses them at connect, or allow_networks lets them
   pass. */
static const struct option RECURSIVE[] = {
	{ "do-not-query-localhost:", "yes" },
	{ "do-not-query-address:", "0.0.0.0/8" },
	{ "do-not-query-address:", "10.0.0.0/8" },
	{ "do-not-query-address:", "100.64.0.0/10" },
	{ "do-not-query-address:", "169.254.0.0/16" },
	{ "do-not-query-address:", "172.16.0.0/12" },
	{ "do-not-query-address:", "192.168.0.0/16" },
	{ "do-not-query-address:", "::ffff:0:0/96" },
	{ "do-not-query-address:", "fc00::/7" },
	{ "do-not-query-address:", "fe80::/10" },
	{ NULL, NULL }
};

static enum sg_rc
refused(struct sg_err *err, const char *what, const char *value, int code)
{
	sg_err_set(err, SG_REASON_INTERNAL, "libunbound refuses %s %s: %s",
	    what, value, ub_strerror(code));
	return (SG_BAD);
}

static enum sg_rc
set_option(struct ub_ctx *ctx, const char *name, const char *value,
    struct sg_err *err)
{
	int code = ub_ctx_set_option(ctx, name, value);

	return (code == 0 ? SG_OK : refused(err, name, value, code));
}

static enum sg_rc
set_options(struct ub_ctx *ctx, const struct option *options,
    struct sg_err *err)
{
	enum sg_rc rc = SG_OK;

	for (; rc == SG_OK && options->name != NULL; options++)
		rc = set_option(ctx, options->name, options->value, err);
	return (rc);
}

/* How many questions may be on the wire at once. A descriptor each: beyond
   RLIMIT_NOFILE they fail as SERVFAIL, so half of it is left to others. */
static long
outgoing_range(void)
{
	const long want = 4096;
	struct rlimit limit;
	long room;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > LONG_MAX)
		return (want);
	room = (long)limit.rlim_cur / 2;
	return (room > want ? want : room < 16 ? 16 : room);
}

static enum sg_rc
set_range(struct ub_ctx *ctx, struct sg_err *err)
{
	char value[24];

	snprintf(value, sizeof(value), "%ld", outgoing_range());
	return (set_option(ctx, "outgoing-range:", value, err));
}

static enum sg_rc
set_servers(struct ub_ctx *ctx, const struct sg_config *config,
    struct sg_err *err)
{
	int code;

	if (config->dns_recursive)
		return (set_options(ctx, RECURSIVE, err));
	if (config->n_dns_servers == 0) {
		code = ub_ctx_resolvconf(ctx, NULL);
		return (code == 0 ? SG_OK :
		    refused(err, "resolv.conf", "", code));
	}
	for (size_t i = 0; i < config->n_dns_servers; i++) {
		const struct sg_dns_server *server = &config->dns_servers[i];
		char addr[SG_ADDR_TEXT_SIZE], text[SG_ADDR_TEXT_SIZE + 8];

		snprintf(text, sizeof(text), "%s@%u",
		    sg_addr_format(&server->addr, addr),
		    server->port != 0 ? server->port : 53u);
		code = ub_ctx_set_fwd(ctx, text);
		if (code != 0)
			return (refused(err, "server", text, code));
	}
	return (SG_OK);
}

static enum sg_rc
set_trust(struct ub_ctx *ctx, const struct sg_config *config,
    struct sg_err *err)
{
	int code = ub_ctx_add_ta_file(ctx, config->trust_anchor_file);

	return (code == 0 ? SG_OK : refused(err, "trust anchor file",
	    config->trust_anchor_file, code));
}

/* Zones that are known to be unsigned, or signed by others than the parent
   says: no validation below them. */
static enum sg_rc
set_insecure(struct ub_ctx *ctx, const struct sg_config *config,
    struct sg_err *err)
{
	enum sg_rc rc = SG_OK;

	for (size_t i = 0; rc == SG_OK && i < config->n_insecure_zones; i++)
		rc = set_option(ctx, "domain-insecure:",
		    config->insecure_zones[i], err);
	return (rc);
}

/* libunbound answers NXDOMAIN for `test.` by itself. Other resolvers, named
   here or in resolv.conf, may know better (a laboratory's); own recursion
   from the root cannot, and a zone that is not there is removed instead.
   localhost, invalid and onion stay built in. Last of all, and always: this
   finalises, so that what is wrong with the set-up is told here. */
static enum sg_rc
open_test_zone(struct ub_ctx *ctx, const struct sg_config *config,
    struct sg_err *err)
{
	const char *zone = config->dns_recursive ? "none.test." : "test.";
	int code = ub_ctx_zone_remove(ctx, zone);

	return (code == 0 ? SG_OK : refused(err, "the set-up, at zone", zone,
	    code));
}

static enum sg_rc
set_up(struct ub_ctx *ctx, const struct sg_resolver_params *p,
    struct sg_err *err)
{
	enum sg_rc rc = set_options(ctx, COMMON, err);

	if (rc == SG_OK)
		rc = set_options(ctx, CACHES, err);
	if (rc == SG_OK)
		rc = set_range(ctx, err);
	if (rc == SG_OK)
		rc = set_servers(ctx, p->config, err);
	if (rc == SG_OK && p->anchored)
		rc = set_insecure(ctx, p->config, err);
	if (rc == SG_OK && p->anchored)
		rc = set_trust(ctx, p->config, err);
	if (rc == SG_OK)
		rc = open_test_zone(ctx, p->config, err);
	return (rc);
}

enum sg_rc
sg_resolver_open(const struct sg_resolver_params *params,
    struct ub_ctx **out_r, struct sg_err *err)
{
	struct ub_ctx *ctx = ub_ctx_create_event(params->base);
	enum sg_rc rc;

	*out_r = NULL;
	if (ctx == NULL) {
		sg_err_set(err, SG_REASON_INTERNAL,
		    "libunbound: no context (memory or descriptors)");
		return (SG_BAD);
	}
	rc = set_up(ctx, params, err);
	if (rc == SG_OK)
		*out_r = ctx;
	else
		ub_ctx_delete(ctx);
	return (rc);
}
