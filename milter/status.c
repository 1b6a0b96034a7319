/* SPDX-License-Identifier: ISC */
/* status.c - see status.h. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "status.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "show.h"
#include "show_cache.h"

/* The mutex guards status. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct sg_status status = { .config_path = "" };

void
sg_status_init(const char *config_path, const struct sg_config *boot)
{
	pthread_mutex_lock(&mutex);
	status = (struct sg_status) { config_path, boot, sg_wall_now(),
		sg_wall_now(), true };
	pthread_mutex_unlock(&mutex);
}

void
sg_status_reloaded(bool ok)
{
	pthread_mutex_lock(&mutex);
	status.config_ok = ok;
	if (ok)
		status.config_at = sg_wall_now();
	pthread_mutex_unlock(&mutex);
}

void
sg_status_get(struct sg_status *out)
{
	pthread_mutex_lock(&mutex);
	*out = status;
	pthread_mutex_unlock(&mutex);
}

const char *
sg_status_digest(const struct sg_config *config,
    char out[SG_STATUS_DIGEST_SIZE])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (EVP_Digest(config->text, strlen(config->text), md, &len,
		EVP_sha256(), NULL) != 1)
		len = 0;
	for (unsigned i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", md[i]);
	out[2 * len] = '\0';
	return out;
}

static const char *
listener_text(const struct sg_listen *l, char out[sizeof(l->path) + 16])
{
	if (l->is_unix)
		snprintf(out, sizeof(l->path) + 16, "unix:%s", l->path);
	else
		snprintf(out, sizeof(l->path) + 16, "inet:%u@%s",
		    (unsigned)l->port, l->host);
	return out;
}

/* --- as JSON ------------------------------------------------------------------- */

static json_t *
sockets_json(const struct sg_config *boot)
{
	char text[sizeof(boot->milter_listen.path) + 16];
	json_t *map = json_array();

	for (size_t i = 0; i < boot->n_tlsmap_listen; i++)
		json_array_append_new(map, json_string(
		    listener_text(&boot->tlsmap_listen[i], text)));
	return json_pack("{s:s,s:o,s:s,s:s}", "milter", boot->milter_socket,
	    "tlsmap", map, "control", boot->control_socket, "metrics",
	    boot->metrics_listen);
}

static json_t *
status_json(const struct sg_desk *desk, const struct sg_status *s)
{
	struct sg_store_stats store;
	struct sg_engine_stats engine;
	char started[SG_WALL_TEXT_SIZE], read_at[SG_WALL_TEXT_SIZE],
	    digest[SG_STATUS_DIGEST_SIZE];

	sg_store_stats(desk->store, &store);
	sg_engine_stats(desk->engine, &engine);
	return json_pack("{s:s,s:i,s:s,s:s,s:s,s:s,s:b,s:b,s:i,s:i,s:o,s:s,s:o}",
	    "version", PACKAGE_VERSION, "pid", (int)getpid(), "started_at",
	    sg_wall_format(s->started, started), "config", s->config_path,
	    "config_digest", sg_status_digest(desk->config, digest),
	    "config_read_at", sg_wall_format(s->config_at, read_at),
	    "config_ok", s->config_ok, "dry_run", desk->config->dry_run,
	    "workers", (int)s->boot->workers, "workers_up",
	    (int)engine.workers_up, "sockets", sockets_json(s->boot),
	    "state_dir", s->boot->state_dir, "cache",
	    sg_show_stats_json(&store, &engine));
}

/* --- for people ------------------------------------------------------------------ */

static void
show_head(const struct sg_desk *desk, const struct sg_status *s,
    const struct sg_page *p)
{
	char up[SG_SHOW_SPAN_SIZE], read_at[SG_WALL_TEXT_SIZE];

	fprintf(p->out, "%sstsgate %s%s, up %s, front process %d\n", p->bold,
	    PACKAGE_VERSION, p->end,
	    sg_show_span(sg_wall_now().s - s->started.s, up), (int)getpid());
	sg_page_line(p, "config", "%s, read %s%s", s->config_path,
	    sg_wall_format(s->config_at, read_at), s->config_ok ? ""
	    : "; a newer one was refused (see the log)");
	sg_page_line(p, "mode", "%s; %zu group%s", desk->config->dry_run
	    ? "dry run: nothing is stopped" : "decisions are carried out",
	    desk->config->n_groups, desk->config->n_groups == 1 ? "" : "s");
}

static void
show_sockets(const struct sg_config *boot, const struct sg_page *p)
{
	char text[sizeof(boot->milter_listen.path) + 16];

	sg_page_line(p, "milter", "%s", boot->milter_socket);
	for (size_t i = 0; i < boot->n_tlsmap_listen; i++)
		sg_page_line(p, "tlsmap", "%s",
		    listener_text(&boot->tlsmap_listen[i], text));
	if (boot->metrics_listen[0] != '\0')
		sg_page_line(p, "metrics", "http://%s/metrics",
		    boot->metrics_listen);
	sg_page_line(p, "state", "%s", boot->state_dir);
}

void
sg_status_show(const struct sg_desk *desk, const struct sg_view *view)
{
	struct sg_status s;

	sg_status_get(&s);
	if (view->json) {
		sg_show_json_line(view->page.out, status_json(desk, &s));
		return;
	}
	show_head(desk, &s, &view->page);
	show_sockets(s.boot, &view->page);
	sg_desk_stats(desk, view);
}
