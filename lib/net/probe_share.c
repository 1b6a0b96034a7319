/* SPDX-License-Identifier: ISC */
/*
 * probe_share.c - see probe_share.h.
 *
 * A result is only good for who would have asked the very same: host, port,
 * TLSA records and reference identifiers go into the key. Each who waits has
 * an event of his own, which is his deadline and, once there is a result, the
 * way in which it comes to him: never inside his question.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(e) ((void)(e))
#include <bsd/sys/queue.h>
#include <uthash.h>
#include "base/clock.h"
#include "net/probe_share.h"

#define KEY_SIZE 32
#define JUST_NOW_S 10

struct sg_probe_wait {
	LIST_ENTRY(sg_probe_wait) link;
	struct place *place; /* NULL: the last word is in `result` */
	struct event *event;
	struct sg_mono ends;
	bool early; /* wants a word before the last ... */
	bool due;   /* ... it is in `result` */
	bool told;  /* he has had it */
	sg_probe_cb *cb;
	void *arg;
	struct sg_probe_result result;
};

struct place {
	struct sg_probe_share *share;
	unsigned char key[KEY_SIZE];
	struct sg_probe *probe; /* under way; NULL: result holds */
	struct sg_probe_result result; /* more: a word before the last */
	LIST_HEAD(, sg_probe_wait) waits;
	UT_hash_handle hh;
};

struct sg_probe_share {
	struct event_base *base;
	struct sg_prober *prober;
	int probe_ms;
	struct place *places; /* oldest first, as uthash keeps them */
};

/* --- the key ------------------------------------------------------------ */

static bool
digest_text(EVP_MD_CTX *md, const char *s)
{
	return (EVP_DigestUpdate(md, s, strlen(s) + 1) == 1);
}

static bool
digest_tlsa(EVP_MD_CTX *md, const struct sg_tlsa *t)
{
	unsigned char head[7] = { t->usage, t->selector, t->mtype,
		(unsigned char)(t->len >> 24), (unsigned char)(t->len >> 16),
		(unsigned char)(t->len >> 8), (unsigned char)t->len };

	return (EVP_DigestUpdate(md, head, sizeof(head)) == 1 &&
	    EVP_DigestUpdate(md, t->data, t->len) == 1);
}

static bool
digest_params(EVP_MD_CTX *md, const struct sg_probe_params *p)
{
	unsigned char port[2] = { (unsigned char)(p->port >> 8),
		(unsigned char)p->port };
	bool ok = EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
	    EVP_DigestUpdate(md, port, sizeof(port)) == 1 &&
	    digest_text(md, p->host);

	if (p->n_tlsa > 0)
		ok = ok && digest_text(md, p->tlsa_base);
	for (size_t i = 0; i < p->n_tlsa; i++)
		ok = ok && digest_tlsa(md, &p->tlsa[i]);
	/* Names matter to DANE-TA only. */
	for (size_t i = 0; p->n_tlsa > 0 && i < p->n_names; i++)
		ok = ok && digest_text(md, p->names[i]);
	return (ok);
}

static bool
make_key(const struct sg_probe_params *p, unsigned char key[KEY_SIZE])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = md != NULL && digest_params(md, p) &&
	    EVP_DigestFinal_ex(md, key, NULL) == 1;

	EVP_MD_CTX_free(md);
	return (ok);
}

/* --- who waits ---------------------------------------------------------- */

static void
arm(struct sg_probe_wait *wait)
{
	int64_t left = wait->ends.ms - sg_mono_now().ms;
	struct timeval tv = { 0, 0 };

	if (left > 0)
		tv = (struct timeval){ left / 1000, left % 1000 * 1000 };
	event_add(wait->event, &tv);
}

/* He may leave in his callback. */
static void
tell_first(struct sg_probe_wait *wait)
{
	struct sg_probe_result result = wait->result;

	wait->due = false;
	wait->told = true;
	arm(wait);
	wait->cb(wait->arg, &result);
}

/* At the deadline what was said before holds. */
static void
on_wait(evutil_socket_t fd, short what, void *arg)
{
	struct sg_probe_wait *wait = arg;
	struct sg_probe_result result = wait->result;
	sg_probe_cb *cb = wait->cb;
	void *cb_arg = wait->arg;

	(void)fd;
	(void)what;
	if (wait->place != NULL && wait->due) {
		tell_first(wait);
		return;
	}
	if (wait->place != NULL && !wait->told) {
		memset(&result, 0, sizeof(result));
		result.probe.reason = SG_REASON_TIMEOUT;
	}
	result.more = false;
	sg_probe_share_leave(&wait);
	cb(cb_arg, &result);
}

static struct sg_probe_wait *
wait_new(struct sg_probe_share *share, sg_probe_cb *cb, void *arg)
{
	struct sg_probe_wait *wait = calloc(1, sizeof(*wait));

	if (wait == NULL)
		return (NULL);
	wait->cb = cb;
	wait->arg = arg;
	wait->event = evtimer_new(share->base, on_wait, wait);
	if (wait->event == NULL) {
		free(wait);
		return (NULL);
	}
	return (wait);
}

static void
wait_tell(struct sg_probe_wait *wait, const struct sg_probe_result *result)
{
	if (result->more && !wait->early)
		return;
	if (result->more)
		wait->due = true;
	else {
		if (wait->place != NULL)
			LIST_REMOVE(wait, link);
		wait->place = NULL;
	}
	wait->result = *result;
	event_active(wait->event, EV_TIMEOUT, 0);
}

void
sg_probe_share_leave(struct sg_probe_wait **waitp)
{
	struct sg_probe_wait *wait = *waitp;

	if (wait == NULL)
		return;
	if (wait->place != NULL)
		LIST_REMOVE(wait, link);
	event_free(wait->event);
	free(wait);
	*waitp = NULL;
}

/* --- places -------------------------------------------------------------- */

static void
place_free(struct place *p)
{
	sg_assert(LIST_EMPTY(&p->waits));
	if (p->probe != NULL)
		sg_probe_cancel(p->probe);
	HASH_DEL(p->share->places, p);
	free(p);
}

/* Room for one more: the oldest that is not under way goes. */
static void
make_room(struct sg_probe_share *share)
{
	struct place *p, *next;

	if (HASH_COUNT(share->places) < SG_PROBE_SHARE_MAX)
		return;
	HASH_ITER(hh, share->places, p, next) {
		if (p->probe == NULL) {
			place_free(p);
			return;
		}
	}
}

static void
on_probe(void *arg, const struct sg_probe_result *result)
{
	struct place *p = arg;
	struct sg_probe_wait *wait, *next;

	if (!result->more)
		p->probe = NULL;
	p->result = *result;
	LIST_FOREACH_SAFE(wait, &p->waits, link, next)
		wait_tell(wait, result);
	if (!result->more && result->probe.state == SG_PROBE_UNTESTED)
		place_free(p); /* nothing was learnt */
}

static bool
is_good_enough(const struct place *p, bool again)
{
	struct sg_wall now = sg_wall_now();

	/* Of later than now: the clock went back (THREATS T9). */
	if (p->result.probe.until.s <= now.s || p->result.probe.at.s > now.s)
		return (false);
	return (!again || p->result.probe.state == SG_PROBE_OK ||
	    now.s - p->result.probe.at.s < JUST_NOW_S);
}

static struct place *
start(struct sg_probe_share *share, const unsigned char key[KEY_SIZE],
    const struct sg_probe_params *params)
{
	struct sg_probe_params whole = *params;
	struct place *p;

	whole.deadline_ms = share->probe_ms;
	whole.early = true; /* who joins may want it */
	make_room(share);
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return (NULL);
	p->share = share;
	memcpy(p->key, key, KEY_SIZE);
	LIST_INIT(&p->waits);
	HASH_ADD(hh, share->places, key, KEY_SIZE, p);
	if (p->hh.tbl == NULL) {
		free(p);
		return (NULL);
	}
	p->probe = sg_probe_start(share->prober, &whole, on_probe, p);
	if (p->probe == NULL) {
		place_free(p);
		return (NULL);
	}
	return (p);
}

static void
join(struct place *p, struct sg_probe_wait *wait)
{
	if (p->probe == NULL) {
		wait_tell(wait, &p->result);
		return;
	}
	wait->place = p;
	LIST_INSERT_HEAD(&p->waits, wait, link);
	arm(wait);
	if (p->result.more)
		wait_tell(wait, &p->result);
}

struct sg_probe_wait *
sg_probe_share_ask(struct sg_probe_share *share,
    const struct sg_probe_params *params, bool again, sg_probe_cb *cb,
    void *arg)
{
	unsigned char key[KEY_SIZE];
	struct sg_probe_wait *wait;
	struct place *p = NULL;

	if (!make_key(params, key))
		return (NULL);
	wait = wait_new(share, cb, arg);
	if (wait == NULL)
		return (NULL);
	wait->ends.ms = sg_mono_now().ms + params->deadline_ms;
	wait->early = params->early;
	HASH_FIND(hh, share->places, key, KEY_SIZE, p);
	if (p != NULL && p->probe == NULL && !is_good_enough(p, again)) {
		place_free(p);
		p = NULL;
	}
	if (p == NULL)
		p = start(share, key, params);
	if (p == NULL)
		sg_probe_share_leave(&wait);
	else
		join(p, wait);
	return (wait);
}

/* --- the whole ------------------------------------------------------------ */

struct sg_probe_share *
sg_probe_share_new(struct event_base *base, struct sg_prober *prober,
    int probe_ms)
{
	struct sg_probe_share *share = calloc(1, sizeof(*share));

	if (share == NULL)
		return (NULL);
	share->base = base;
	share->prober = prober;
	share->probe_ms = probe_ms;
	return (share);
}

void
sg_probe_share_free(struct sg_probe_share **share)
{
	struct place *p, *next;

	if (*share == NULL)
		return;
	HASH_ITER(hh, (*share)->places, p, next)
		place_free(p);
	free(*share);
	*share = NULL;
}
