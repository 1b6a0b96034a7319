/* SPDX-License-Identifier: ISC */
/*
 * A probe: an MX host's addresses in turn, until one is good.
 *
 * Each attempt gets its share of the time that is left, so that an address
 * that swallows packets leaves some for the next. Whether an address may be
 * connected to is asked here, right before it is (THREATS T10), and whether
 * it was bothered enough already (T19). Answers go out before QUIT does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "net/probe_private.h"

#define PROBE_MAGIC 0x70726f62

/* --- the prober --------------------------------------------------------- */

/* A name of one label is none that anybody could look up (M-06). */
static void
choose_helo(struct sg_prober *prober, const struct sg_config *config)
{
	char name[SG_DOMAIN_SIZE] = "";

	if (config->probe_helo != NULL && config->probe_helo[0] != '\0')
		snprintf(name, sizeof(name), "%s", config->probe_helo);
	else if (gethostname(name, sizeof(name) - 1) != 0)
		name[0] = '\0';
	if (strchr(name, '.') == NULL || sg_domain_from_text(name,
	    strlen(name), prober->helo, NULL) != SG_OK ||
	    !sg_domain_is_valid(prober->helo, true))
		prober->helo[0] = '\0';
}

enum sg_rc
sg_prober_new(struct event_base *base, const struct sg_config *config,
    const struct sg_guard *guard, struct sg_prober **out_r, struct sg_err *err)
{
	struct sg_prober *prober = calloc(1, sizeof(*prober));
	enum sg_rc rc = SG_RETRY;

	if (prober != NULL)
		prober->limits = sg_probe_limits_new();
	if (prober != NULL)
		prober->providers = sg_providers_new();
	if (prober == NULL || prober->limits == NULL ||
	    prober->providers == NULL)
		sg_err_set(err, SG_REASON_INTERNAL, "out of memory");
	else
		rc = sg_probe_tls_ctx(config->probe_ca_file, &prober->ctx, err);
	if (rc != SG_OK) {
		sg_prober_free(&prober);
		return (rc);
	}
	prober->base = base;
	prober->guard = guard;
	prober->good_for_s = config->probe_good_for_s;
	prober->bad_for_s = config->probe_bad_for_s;
	choose_helo(prober, config);
	*out_r = prober;
	return (SG_OK);
}

void
sg_prober_free(struct sg_prober **prober_p)
{
	struct sg_prober *prober = *prober_p;
	struct sg_probe_conn *conn;

	*prober_p = NULL;
	if (prober == NULL)
		return;
	while (!LIST_EMPTY(&prober->probes))
		sg_probe_cancel(LIST_FIRST(&prober->probes));
	while ((conn = LIST_FIRST(&prober->conns)) != NULL)
		sg_probe_conn_free(&conn);
	SSL_CTX_free(prober->ctx);
	sg_probe_limits_free(&prober->limits);
	sg_providers_free(&prober->providers);
	free(prober);
}

/* --- a probe's life ----------------------------------------------------- */

static void
free_probe(struct sg_probe *probe)
{
	sg_assert(probe->magic == PROBE_MAGIC);
	sg_probe_conn_free(&probe->conn);
	if (probe->turn != NULL)
		event_free(probe->turn);
	LIST_REMOVE(probe, link);
	free(probe->tlsa_data);
	probe->magic = 0;
	free(probe);
}

void
sg_probe_cancel(struct sg_probe *probe)
{
	free_probe(probe);
}

/* TLS failed, then not reached, then not tried; among equals the one that got
   further. */
static unsigned
rank(const struct sg_probe_finding *f)
{
	static const unsigned by_state[] = {
		[SG_PROBE_UNTESTED] = 0, [SG_PROBE_UNREACHABLE] = 1,
		[SG_PROBE_FAIL] = 2, [SG_PROBE_OK] = 3
	};

	return (by_state[f->state] * 16 + (unsigned)f->level);
}

static void
note(struct sg_probe *probe, const struct sg_probe_finding *found)
{
	if (probe->best.reason == SG_REASON_NONE ||
	    rank(found) > rank(&probe->best))
		probe->best = *found;
}

static void
fill_result(const struct sg_probe *probe, const struct sg_probe_finding *f,
    struct sg_probe_result *out)
{
	const struct sg_prober *prober = probe->prober;
	uint32_t good_for = f->state == SG_PROBE_OK ? prober->good_for_s
	    : prober->bad_for_s;

	*out = (struct sg_probe_result) { .silence = probe->silence };
	out->probe.state = f->state;
	out->probe.reason = f->reason;
	out->probe.level = f->level;
	out->probe.tls_version = f->tls_version;
	out->probe.requiretls = f->requiretls;
	memcpy(out->probe.detail, f->detail, sizeof(out->probe.detail));
	if (f->state != SG_PROBE_UNTESTED) {
		out->probe.at = sg_wall_now();
		out->probe.until.s = out->probe.at.s + good_for;
	}
}

static void
finish(struct sg_probe *probe)
{
	struct sg_probe_result result;
	sg_probe_cb *cb = probe->cb;
	void *arg = probe->arg;

	fill_result(probe, &probe->best, &result);
	free_probe(probe);
	cb(arg, &result);
}

static void
note_untested(struct sg_probe *probe, enum sg_reason reason, const char *why)
{
	struct sg_probe_finding found = { .state = SG_PROBE_UNTESTED,
		.reason = reason };

	snprintf(found.detail, sizeof(found.detail), "%s", why);
	note(probe, &found);
}

/* --- an attempt --------------------------------------------------------- */

static int
share_ms(const struct sg_probe *probe)
{
	int64_t left = probe->ends.ms - sg_mono_now().ms;

	return (left <= 0 ? 0
	    : (int)(left / (int64_t)(probe->n_addrs - probe->next + 1)));
}

static bool
has_time(const struct sg_probe *probe)
{
	return (sg_mono_now().ms < probe->ends.ms);
}

/* Connects to the address before `next`, or notes why not. */
static void
attempt(struct sg_probe *probe)
{
	const struct sg_addr *addr = &probe->addrs[probe->next - 1];
	struct sg_prober *prober = probe->prober;
	struct sg_probe_finding found;
	const char *why;

	if (!sg_guard_permits(prober->guard, addr)) {
		note_untested(probe, SG_REASON_SPECIAL_USE_ADDRESS,
		    "special-use address");
		return;
	}
	/* One probe counts once, however many addresses it tries. */
	if (!probe->counted && !sg_providers_take(prober->providers,
	    probe->host, sg_mono_now())) {
		note_untested(probe, SG_REASON_NOT_PROBED,
		    "its provider's hosts were probed often just now");
		return;
	}
	probe->counted = true;
	why = sg_probe_limits_enter(prober->limits, addr, sg_mono_now());
	if (why != NULL) {
		note_untested(probe, SG_REASON_NOT_PROBED, why);
		return;
	}
	probe->conn = sg_probe_conn_new(probe, addr, share_ms(probe), &found);
	if (probe->conn == NULL)
		note(probe, &found);
}

static void
advance(struct sg_probe *probe)
{
	while (probe->conn == NULL && probe->next < probe->n_addrs &&
	    probe->best.state != SG_PROBE_OK &&
	    (probe->next == 0 || has_time(probe))) {
		probe->next++;
		attempt(probe);
	}
	if (probe->conn == NULL)
		finish(probe);
}

void
sg_probe_landed(struct sg_probe *probe, const struct sg_probe_finding *found)
{
	sg_assert(probe->magic == PROBE_MAGIC);
	probe->conn = NULL;
	event_del(probe->turn); /* what it would tell is outdated */
	note(probe, found);
	advance(probe);
}

static void
begin(struct sg_probe *probe)
{
	probe->begun = true;
	if (probe->n_addrs == 0)
		note_untested(probe, SG_REASON_NOT_PROBED, "no address");
	advance(probe);
}

/* Not from within the connection, which the callback may end. */
static void
tell_first(struct sg_probe *probe)
{
	struct sg_probe_result result;

	fill_result(probe, &probe->first, &result);
	result.more = true;
	probe->told = true;
	probe->cb(probe->arg, &result);
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct sg_probe *probe = arg;

	(void)fd;
	(void)what;
	sg_assert(probe->magic == PROBE_MAGIC);
	if (!probe->begun)
		begin(probe);
	else
		tell_first(probe);
}

/* Said once: a second address is tried when the first refused us after all. */
void
sg_probe_shook_hands(struct sg_probe *probe,
    const struct sg_probe_finding *found)
{
	sg_assert(probe->magic == PROBE_MAGIC);
	if (!probe->early || probe->told)
		return;
	probe->first = *found;
	probe->first.requiretls = SG_REQUIRETLS_UNASKED;
	event_active(probe->turn, EV_TIMEOUT, 0);
}

/* --- starting ----------------------------------------------------------- */

static bool
copy_name(char out[SG_DOMAIN_SIZE], const char *name)
{
	if (name == NULL || !sg_domain_is_valid(name, false))
		return (false);
	snprintf(out, SG_DOMAIN_SIZE, "%s", name);
	return (true);
}

static bool
copy_tlsa(struct sg_probe *probe, const struct sg_probe_params *params)
{
	size_t len = 0;

	for (size_t i = 0; i < params->n_tlsa; i++) {
		if (!sg_tlsa_is_usable(&params->tlsa[i]))
			return (false);
		len += params->tlsa[i].len;
	}
	probe->tlsa_data = malloc(len);
	if (probe->tlsa_data == NULL)
		return (false);
	len = 0;
	for (size_t i = 0; i < params->n_tlsa; i++) {
		struct sg_tlsa *rec = &probe->tlsa[i];

		*rec = params->tlsa[i];
		rec->data = memcpy(probe->tlsa_data + len, rec->data, rec->len);
		len += rec->len;
	}
	probe->n_tlsa = params->n_tlsa;
	return (copy_name(probe->tlsa_base, params->tlsa_base));
}

static bool
copy_names(struct sg_probe *probe, const struct sg_probe_params *params)
{
	for (size_t i = 0; i < params->n_names; i++) {
		if (!copy_name(probe->names[i], params->names[i]))
			return (false);
	}
	probe->n_names = params->n_names;
	return (copy_name(probe->host, params->host));
}

static bool
copy_params(struct sg_probe *probe, const struct sg_probe_params *params)
{
	if (params->n_tlsa > SG_TLSA_MAX ||
	    params->n_names > SG_PROBE_NAMES_MAX)
		return (false);
	probe->n_addrs = params->n_addrs < SG_PROBE_ADDRS_MAX
	    ? params->n_addrs : SG_PROBE_ADDRS_MAX;
	if (probe->n_addrs > 0)
		memcpy(probe->addrs, params->addrs,
		    probe->n_addrs * sizeof(probe->addrs[0]));
	probe->port = params->port;
	probe->ends.ms = sg_mono_now().ms + params->deadline_ms;
	return (copy_names(probe, params) &&
	    (params->n_tlsa == 0 || copy_tlsa(probe, params)));
}

struct sg_probe *
sg_probe_start(struct sg_prober *prober, const struct sg_probe_params *params,
    sg_probe_cb *cb, void *arg)
{
	struct sg_probe *probe = calloc(1, sizeof(*probe));
	struct timeval now = { 0, 0 };

	if (probe == NULL)
		return (NULL);
	probe->magic = PROBE_MAGIC;
	probe->prober = prober;
	probe->cb = cb;
	probe->arg = arg;
	LIST_INSERT_HEAD(&prober->probes, probe, link);
	probe->early = params->early;
	probe->turn = event_new(prober->base, -1, 0, on_turn, probe);
	if (probe->turn == NULL || !copy_params(probe, params) ||
	    event_add(probe->turn, &now) != 0) {
		free_probe(probe);
		return (NULL);
	}
	return (probe);
}
