/* SPDX-License-Identifier: ISC */
/* play.c - see play.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "replay/fakes.h"
#include "replay/play.h"
#include "replay/sim.h"

#define START "2026-11-23T10:00:00Z"
#define DEPTH_MAX 8

static void play_lines(struct play *p, const struct lines *lines, int depth);

void
play_fail(struct play *p, const char *fmt, ...)
{
	char text[1500];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printf("%s:%u: %s: %s\n", p->line->file, p->line->n, p->name, text);
	p->failed = true;
}

/* --- commands ---------------------------------------------------------------------- */

static const char *why; /* a command was not understood */

static bool
do_time(struct play *p, const struct words *w)
{
	struct sg_wall t;

	why = "a time: 2026-11-23T10:00:00Z, +400d, -1h";
	if (w->n != 2 || !words_time(w->w[1], sim_wall(), &t))
		return false;
	sim_set_wall(t);
	if (p->world.engine != NULL)
		sim_run();
	return true;
}

static bool
do_advance(struct play *p, const struct words *w)
{
	int64_t ms = w->n == 2 ? words_ms(w->w[1]) : -1;

	why = "a time span: 250ms, 90s, 5m, 6h, 30d";
	if (ms < 0)
		return false;
	world_advance(&p->world, ms);
	return true;
}

static bool
do_settle(struct play *p, const struct words *w)
{
	(void)w;
	world_settle(&p->world);
	return true;
}

static bool
do_dns(struct play *p, const struct words *w)
{
	(void)p;
	return fake_dns_set(w, &why);
}

static bool
do_zone(struct play *p, const struct words *w)
{
	(void)p;
	return fake_zone_set(w, &why);
}

static bool
do_https(struct play *p, const struct words *w)
{
	(void)p;
	return fake_web_set(w, &why);
}

static bool
do_smtp(struct play *p, const struct words *w)
{
	(void)p;
	return fake_smtp_set(w, &why);
}

static bool
do_dnssec(struct play *p, const struct words *w)
{
	(void)p;
	why = "dnssec on|off";
	if (w->n != 2)
		return false;
	fake_dns_validate(strcmp(w->w[1], "on") == 0);
	return true;
}

static bool
do_store(struct play *p, const struct words *w)
{
	why = "store memory|disk, before anything is asked";
	if (w->n != 2 || p->world.engine != NULL)
		return false;
	p->world.on_disk = strcmp(w->w[1], "disk") == 0;
	return true;
}

static bool
start(struct play *p)
{
	why = p->world.why;
	return world_start(&p->world);
}

static bool
do_start(struct play *p, const struct words *w)
{
	(void)w;
	return start(p);
}

static bool
do_stop(struct play *p, const struct words *w)
{
	(void)w;
	world_stop(&p->world, false);
	return true;
}

static bool
do_restart(struct play *p, const struct words *w)
{
	(void)w;
	world_stop(&p->world, false);
	return start(p);
}

static bool
do_reboot(struct play *p, const struct words *w)
{
	struct sg_wall t;

	why = "reboot [TIME]";
	world_stop(&p->world, true);
	if (w->n == 2) {
		if (!words_time(w->w[1], sim_wall(), &t))
			return false;
		sim_set_wall(t);
	}
	sim_reboot();
	return start(p);
}

static bool
do_kill(struct play *p, const struct words *w)
{
	why = "kill front|worker";
	if (w->n != 2)
		return false;
	if (strcmp(w->w[1], "worker") == 0)
		return world_worker(&p->world, "kill");
	world_stop(&p->world, true);
	return start(p);
}

static bool
do_worker(struct play *p, const struct words *w)
{
	why = "worker kill|hang|off|on";
	if (w->n != 2)
		return false;
	if (p->world.engine == NULL && strcmp(w->w[1], "off") == 0) {
		p->world.no_worker = true;
		return true;
	}
	return start(p) && world_worker(&p->world, w->w[1]);
}

static bool
do_disk(struct play *p, const struct words *w)
{
	why = "disk corrupt (stopped)|locked|unlocked|full|broken|ok";
	return w->n == 2 && world_disk(&p->world, w->w[1]);
}

static bool
do_watch(struct play *p, const struct words *w)
{
	(void)p;
	(void)w;
	fakes_forget_asked();
	world_forget_log();
	return true;
}

static bool
do_luck(struct play *p, const struct words *w)
{
	(void)p;
	why = "luck PER-MILLE";
	if (w->n != 2)
		return false;
	sim_set_luck((unsigned)strtoul(w->w[1], NULL, 10));
	return true;
}

static bool
do_rcpt(struct play *p, const struct words *w)
{
	if (!start(p))
		return false;
	play_rcpt(p, w);
	return true;
}

static bool
do_expect(struct play *p, const struct words *w)
{
	if (!start(p))
		return false;
	play_expect(p, w);
	return true;
}

static const struct command {
	const char *word;
	bool (*run)(struct play *p, const struct words *w);
} commands[] = { { "advance", do_advance }, { "clock", do_time },
	{ "disk", do_disk }, { "dns", do_dns }, { "dnssec", do_dnssec },
	{ "expect", do_expect }, { "https", do_https }, { "kill", do_kill },
	{ "luck", do_luck }, { "rcpt", do_rcpt }, { "reboot", do_reboot },
	{ "restart", do_restart }, { "settle", do_settle },
	{ "smtp", do_smtp }, { "start", do_start }, { "stop", do_stop },
	{ "store", do_store }, { "time", do_time }, { "watch", do_watch },
	{ "worker", do_worker }, { "zone", do_zone } };

/* --- lines --------------------------------------------------------------------------- */

static void
add_config(struct play *p, const char *text)
{
	char *all;

	if (asprintf(&all, "%s%s\n", p->world.config_text, text) < 0)
		abort();
	free(p->world.config_text);
	p->world.config_text = all;
}

static void
play_words(struct play *p, const struct words *w, int depth)
{
	const struct lines *def;

	if (strcmp(w->w[0], "do") == 0) {
		def = w->n == 2 ? story_def(p->story, w->w[1]) : NULL;
		if (def == NULL || depth == DEPTH_MAX)
			play_fail(p, "no such def");
		else
			play_lines(p, def, depth + 1);
		return;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].word, w->w[0]) != 0)
			continue;
		why = "";
		if (!commands[i].run(p, w))
			play_fail(p, "cannot \"%s\": %s", w->w[0], why);
		return;
	}
	play_fail(p, "unknown word \"%s\"", w->w[0]);
}

static void
play_line(struct play *p, const struct line *line, int depth)
{
	const char *text = line->text + strspn(line->text, " \t");
	struct words w;

	p->line = line;
	if (p->in_config || strcmp(text, "config") == 0) {
		bool last = strcmp(text, "end") == 0;

		if (p->in_config && !last)
			add_config(p, text);
		p->in_config = !last;
		return;
	}
	if (!words_read(line->text, &w))
		play_fail(p, "quotes do not end");
	else if (w.n > 0)
		play_words(p, &w, depth);
	words_free(&w);
}

static void
play_lines(struct play *p, const struct lines *lines, int depth)
{
	for (size_t i = 0; i < lines->n && !p->failed; i++)
		play_line(p, &lines->l[i], depth);
}

/* --- a scene ---------------------------------------------------------------------------- */

static void
name_scene(const struct scene *scene, const struct words *w, char name[300])
{
	const char *text = scene->head.text + strspn(scene->head.text, " \t");

	if (scene->fault == NULL)
		snprintf(name, 300, "%s", text + strlen("case "));
	else
		snprintf(name, 300, "%s, %s, %s", scene->fault,
		    w->n > 1 ? w->w[1] : "?", w->n > 2 ? w->w[2] : "?");
}

/* "row COLUMN GROUP ...": what the column starts from, the fault, one
   recipient. */
static void
play_row_scene(struct play *p, const struct scene *scene,
    const struct words *w)
{
	const struct lines *column = w->n > 3 ? story_def(p->story, w->w[1])
					      : NULL;

	if (column == NULL) {
		play_fail(p, "row COLUMN GROUP RESULT REASON ACTION");
		return;
	}
	play_lines(p, column, 1);
	play_lines(p, &scene->before, 0);
	p->line = &scene->head;
	if (!p->failed && !start(p))
		play_fail(p, "%s", p->world.why);
	if (!p->failed)
		play_row(p, w);
}

bool
play_scene(const struct story *story, const struct scene *scene,
    char name[300])
{
	struct play p = { .story = story, .line = &scene->head };
	struct sg_wall at;
	struct words w;

	(void)words_time(START, at = (struct sg_wall) { 0 }, &at);
	sim_reset(at);
	world_init(&p.world);
	if (!words_read(scene->head.text, &w))
		play_fail(&p, "quotes do not end");
	name_scene(scene, &w, p.name);
	memcpy(name, p.name, sizeof(p.name));
	play_lines(&p, &story->prelude, 0);
	p.line = &scene->head;
	if (scene->fault != NULL && !p.failed)
		play_row_scene(&p, scene, &w);
	if (!p.failed)
		play_lines(&p, &scene->own, 0);
	if (fake_smtp_was_rude())
		play_fail(&p, "more was said than EHLO, STARTTLS and QUIT");
	world_fini(&p.world);
	words_free(&w);
	return !p.failed;
}
