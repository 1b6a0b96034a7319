/* SPDX-License-Identifier: ISC */
/*
 * clockguard.c - see clockguard.h.
 *
 * Within a boot the monotonic clock tells how much time has passed, and what
 * was in force keeps exactly what it had left. Across a restart nothing tells a
 * pause from a jump: the last time seen is in a file, and what would have
 * ended meanwhile is held for a day, in which it is fetched again. A small
 * step is followed, but slowly, so that many of them are a jump as well.
 */
#include "engine/clockguard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define TICK_MS 60000
#define FOLLOW_MS 1000 /* of a difference, each tick */
#define BATCH 64

static int64_t
ahead_ms(struct sg_wall wall, struct sg_mono mono)
{
	return wall.s * 1000 - mono.ms;
}

static int64_t
ahead_now(void)
{
	return ahead_ms(sg_wall_now(), sg_mono_now());
}

static int64_t
suspect_left_ms(const struct sg_clockguard *g)
{
	return __atomic_load_n(&g->suspect_until_ms, __ATOMIC_RELAXED) -
	    sg_mono_now().ms;
}

static void
suspect(struct sg_clockguard *g, int64_t for_s)
{
	__atomic_store_n(&g->suspect_until_ms,
	    sg_mono_now().ms + for_s * 1000, __ATOMIC_RELAXED);
}

static bool
is_jump(int64_t was_ms, int64_t is_ms)
{
	return is_ms - was_ms > SG_CLOCK_JUMP_S * 1000LL ||
	    was_ms - is_ms > SG_CLOCK_JUMP_S * 1000LL;
}

/* --- the mark -------------------------------------------------------------- */

/* What was last seen, 0 for nothing; and how long it was suspect. One that is
   there and cannot be read tells nothing of the clock: suspect as well. */
static struct sg_wall
read_mark(const char *path, int64_t *suspect_s)
{
	char text[64] = "", *end = text;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct sg_wall mark = { 0 };

	*suspect_s = 0;
	if (fd < 0 && errno == ENOENT)
		return mark;
	if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0) {
		mark.s = strtoll(text, &end, 10);
		*suspect_s = strtoll(end, NULL, 10);
	}
	if (fd >= 0)
		close(fd);
	if (mark.s > 0)
		return mark;
	*suspect_s = SG_CLOCK_SUSPECT_S;
	sg_log(SG_LOG_WARN, "%s cannot be read: the clock is suspect for a day",
	    path);
	return mark;
}

/* In place, and as long as before: a cut one cannot be read, a lost one leaves
   an older one, and both only make more suspicious. */
static void
write_mark(struct sg_clockguard *g)
{
	int64_t left = suspect_left_ms(g);
	char text[64];
	int fd, n;

	g->marked = sg_mono_now();
	if (g->path == NULL)
		return;
	fd = open(g->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	n = snprintf(text, sizeof(text), "%020lld %020lld\n",
	    (long long)sg_wall_now().s, left > 0 ? (long long)left / 1000 : 0);
	if (fd < 0 || pwrite(fd, text, (size_t)n, 0) != n) {
		sg_log(SG_LOG_WARN, "%s cannot be written", g->path);
		(void)!ftruncate(fd, 0); /* half of one could lull */
	}
	if (fd >= 0)
		close(fd);
}

/* --- a jump ------------------------------------------------------------------ */

struct pass {
	struct sg_store *store;
	struct sg_facts_jump jump;
	struct sg_facts *held[BATCH];
	size_t n, total;
};

static void
put_held(struct pass *p)
{
	if (p->n > 0)
		(void)sg_store_put(p->store, p->held, p->n, NULL);
	p->total += p->n;
	while (p->n > 0)
		sg_facts_unref(&p->held[--p->n]);
}

static bool
hold_one(void *arg, const struct sg_facts *f)
{
	struct pass *p = arg;

	if (sg_facts_hold(f, &p->jump, &p->held[p->n]) == SG_OK &&
	    ++p->n == BATCH)
		put_held(p);
	return true;
}

/* at_start: nobody was there to see it go. */
static void
jump(struct sg_clockguard *g, struct sg_wall from, struct sg_wall to,
    bool at_start)
{
	int64_t most_s = at_start ? SG_CLOCK_SUSPECT_S : INT64_MAX;
	struct pass p = { .store = g->store, .jump = { from, to, most_s } };
	char text[2][SG_WALL_TEXT_SIZE];

	if (sg_store_each(g->store, hold_one, &p) != SG_OK)
		sg_log(SG_LOG_ERR, "what the store holds could not all be "
		    "asked: some policies may end by the clock that jumped");
	put_held(&p);
	suspect(g, SG_CLOCK_SUSPECT_S);
	sg_log(SG_LOG_WARN, "the clock %s %s %s %s: it is suspect for a day, "
	    "and what %zu domains published is held",
	    at_start ? "was last seen at" : "went from",
	    sg_wall_format(from, text[0]), at_start ? "and says" : "to",
	    sg_wall_format(to, text[1]), p.total);
}

/* --- public -------------------------------------------------------------------- */

void
sg_clockguard_init(struct sg_clockguard *g, struct sg_store *store,
    const char *path)
{
	struct sg_wall now = sg_wall_now(), mark = { 0 };
	int64_t suspect_s = 0;

	memset(g, 0, sizeof(*g));
	pthread_mutex_init(&g->mutex, NULL);
	g->store = store;
	g->ahead_ms = ahead_now();
	if (path != NULL && (g->path = strdup(path)) != NULL)
		mark = read_mark(path, &suspect_s);
	if (suspect_s > 0 && suspect_s <= SG_CLOCK_SUSPECT_S)
		suspect(g, suspect_s);
	if (mark.s > 0 && is_jump(mark.s * 1000, now.s * 1000))
		jump(g, mark, now, true);
	write_mark(g);
}

void
sg_clockguard_fini(struct sg_clockguard *g)
{
	write_mark(g);
	free(g->path);
	pthread_mutex_destroy(&g->mutex);
}

void
sg_clockguard_check(struct sg_clockguard *g, struct sg_wall wall,
    struct sg_mono mono)
{
	int64_t was = __atomic_load_n(&g->ahead_ms, __ATOMIC_ACQUIRE);
	int64_t is = ahead_ms(wall, mono);

	if (!is_jump(was, is))
		return;
	pthread_mutex_lock(&g->mutex);
	was = g->ahead_ms;
	is = ahead_now();
	if (is_jump(was, is)) {
		int64_t now = sg_mono_now().ms;

		jump(g, (struct sg_wall) { (was + now) / 1000 },
		    (struct sg_wall) { (is + now) / 1000 }, false);
		__atomic_store_n(&g->ahead_ms, is, __ATOMIC_RELEASE);
		write_mark(g);
	}
	pthread_mutex_unlock(&g->mutex);
}

static int64_t
followed(int64_t was, int64_t is)
{
	if (is > was + FOLLOW_MS)
		return was + FOLLOW_MS;
	return is < was - FOLLOW_MS ? was - FOLLOW_MS : is;
}

void
sg_clockguard_tick(struct sg_clockguard *g)
{
	int64_t was, is;

	sg_clockguard_check(g, sg_wall_now(), sg_mono_now());
	pthread_mutex_lock(&g->mutex);
	was = g->ahead_ms;
	is = ahead_now();
	if (!is_jump(was, is) &&
	    sg_mono_now().ms - g->marked.ms >= TICK_MS) {
		__atomic_store_n(&g->ahead_ms, followed(was, is),
		    __ATOMIC_RELEASE);
		write_mark(g);
	}
	pthread_mutex_unlock(&g->mutex);
}

bool
sg_clockguard_is_suspect(const struct sg_clockguard *g)
{
	return suspect_left_ms(g) > 0;
}
