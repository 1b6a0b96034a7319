/* SPDX-License-Identifier: ISC */
/*
 * front.c - see front.h.
 *
 * The main thread is libmilter's. The link thread obeys the supervisor. To
 * stop, libmilter is not asked: it takes up to five seconds and cuts callbacks
 * short (LIBRARIES 5). Instead everybody who waits gets an answer from what is
 * known, the replies go out, and the process ends; what is in the store is
 * committed already.
 */
#include "front.h"

#include <libmilter/mfapi.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "accept.h"
#include "base/log.h"
#include "link.h"
#include "session.h"

#define ALIVE_MS 1000
#define DRAIN_MS 1200     /* for callbacks to come back */
#define FLUSH_MS 100      /* for libmilter to write their replies */
#define IDLE_SESSION_S 7210 /* above Postfix's and Sendmail's own idle times */
#define CONFIG_MAX (64 * 1024 * 1024)

struct front {
	int link;
	struct sg_store *store;
	atomic_bool leaving;
	struct sg_session_env env;
};

/* --- the supervisor's wishes ------------------------------------------------ */

static void
leave(struct front *f)
{
	struct sg_mono until = { sg_mono_now().ms + DRAIN_MS };

	while (atomic_exchange(&f->leaving, true))
		(void)poll(NULL, 0, DRAIN_MS); /* another thread does it */
	sg_engine_drain(f->env.engine);
	while (atomic_load(&f->env.inside) > 0 &&
	    sg_mono_now().ms < until.ms)
		(void)poll(NULL, 0, 5);
	(void)poll(NULL, 0, FLUSH_MS);
	sg_log_stop(200);
	_exit(0);
}

static char *
read_all(int fd)
{
	struct stat st;
	char *text;
	ssize_t n;

	if (fstat(fd, &st) != 0 || st.st_size > CONFIG_MAX)
		return NULL;
	text = malloc((size_t)st.st_size + 1);
	if (text == NULL)
		return NULL;
	n = pread(fd, text, (size_t)st.st_size, 0);
	if (n != st.st_size) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

/* The supervisor has read the file and found it good; this is its text. */
static void
take_config(struct front *f, int fd)
{
	struct sg_config_errors errors = { 0 };
	struct sg_config *config = NULL;
	char *text = read_all(fd);

	if (text != NULL &&
	    sg_config_parse(text, "configuration", &config, &errors) == SG_OK) {
		sg_engine_set_config(f->env.engine, config);
		sg_session_set_config(&f->env, config);
		sg_log(SG_LOG_INFO, "new configuration in force");
	} else
		sg_log(SG_LOG_ERR, "new configuration refused: %s",
		    errors.n > 0 ? errors.e[0].text : "cannot be read");
	sg_config_unref(&config);
	sg_config_errors_fini(&errors);
	free(text);
}

static void
obey(struct front *f, const struct sg_link_message *m)
{
	if (m->type == SG_LINK_WORKER && m->fd >= 0) {
		sg_engine_attach(f->env.engine, m->slot, m->fd);
		return;
	}
	if (m->type == SG_LINK_CONFIG && m->fd >= 0)
		take_config(f, m->fd);
	if (m->fd >= 0)
		close(m->fd);
	if (m->type == SG_LINK_STOP)
		leave(f);
}

static void *
serve_link(void *arg)
{
	static const struct sg_link_message alive = { SG_LINK_ALIVE, 0, -1 };
	struct front *f = arg;
	struct sg_link_message m;

	for (;;) {
		struct pollfd p = { f->link, POLLIN, 0 };

		if (poll(&p, 1, ALIVE_MS) > 0) {
			if (sg_link_receive(f->link, &m) != SG_OK)
				leave(f);
			obey(f, &m);
		}
		(void)sg_link_send(f->link, &alive);
	}
	return NULL;
}

/* --- what the engine asks ----------------------------------------------------- */

static void
on_before_wait(void *arg)
{
	struct front *f = arg;

	sg_wake_now(f->env.wake);
}

static void
on_worker_stuck(void *arg, unsigned slot)
{
	struct front *f = arg;
	struct sg_link_message m = { SG_LINK_STUCK, slot, -1 };

	(void)sg_link_send(f->link, &m);
}

/* --- start ---------------------------------------------------------------------- */

static int
open_milter(const struct sg_front_params *p, struct sg_err *err)
{
	char by_fd[16];

	/* The supervisor holds the listening socket, so that connections wait
	   for the next front when one dies. Where libmilter cannot take it
	   over it makes its own. */
	snprintf(by_fd, sizeof(by_fd), "fd:%d", p->milter_fd);
	sg_accept_reserve(p->milter_fd);
	(void)smfi_settimeout(IDLE_SESSION_S);
	(void)smfi_setbacklog(1024);
	if (smfi_setconn(by_fd) == MI_SUCCESS &&
	    smfi_opensocket(false) == MI_SUCCESS)
		return 0;
	if (smfi_setconn(p->boot->milter_socket) == MI_SUCCESS &&
	    smfi_opensocket(true) == MI_SUCCESS)
		return 0;
	sg_err_set(err, SG_REASON_INTERNAL, "libmilter cannot serve %s",
	    p->boot->milter_socket);
	return -1;
}

static enum sg_rc
open_store(struct front *f, const struct sg_config *config,
    struct sg_err *err)
{
	char path[4096];
	struct sg_store_params params = { .path = path };

	snprintf(path, sizeof(path), "%s/facts.sqlite", config->state_dir);
	return sg_store_open(&params, &f->store, err);
}

static enum sg_rc
start(struct front *f, const struct sg_front_params *p, struct sg_err *err)
{
	struct sg_engine_params engine = { .config = p->config,
		.workers = p->boot->workers,
		.before_wait = on_before_wait,
		.worker_stuck = on_worker_stuck, .arg = f };
	pthread_t thread;

	if (open_store(f, p->boot, err) != SG_OK)
		return SG_BAD;
	engine.store = f->store;
	if (sg_engine_new(&engine, &f->env.engine, err) != SG_OK)
		return SG_BAD;
	if (sg_session_register(&f->env, err) != SG_OK ||
	    open_milter(p, err) != 0)
		return SG_BAD;
	f->env.wake = sg_wake_new(&p->boot->milter_listen);
	if (pthread_create(&thread, NULL, serve_link, f) != 0) {
		sg_err_set(err, SG_REASON_INTERNAL, "no thread");
		return SG_BAD;
	}
	pthread_detach(thread);
	return SG_OK;
}

int
sg_front_run(const struct sg_front_params *p)
{
	static const struct sg_link_message ready = { SG_LINK_READY, 0, -1 };
	struct front *f = calloc(1, sizeof(*f));
	struct sg_err err = { .text = "" };

	sg_assert(f != NULL);
	f->link = p->link;
	pthread_mutex_init(&f->env.mutex, NULL);
	f->env.config = sg_config_ref(p->config);
	sg_log_start();
	if (start(f, p, &err) != SG_OK) {
		sg_log(SG_LOG_ERR, "%s", err.text);
		sg_log_stop(1000);
		return EX_CONFIG;
	}
	(void)sg_link_send(f->link, &ready);
	(void)smfi_main();
	leave(f);
	return 0;
}
