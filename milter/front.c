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
#include <time.h>
#include <sysexits.h>
#include <unistd.h>

#include "accept.h"
#include "base/log.h"
#include "confine.h"
#include "control.h"
#include "link.h"
#include "metrics.h"
#include "session.h"
#include "status.h"
#include "tlsmap.h"

#define ALIVE_MS 1000
#define ASK_MS 3000       /* between two questions to our own milter */
#define DRAIN_MS 1000     /* for callbacks to come back */
#define FLUSH_MS 100      /* for libmilter to write their replies */
#define REPORT_MS 300     /* for the last counts to be on disk */
#define IDLE_SESSION_S 7210 /* above Postfix's and Sendmail's own idle times */

#define RELOAD_MS 20000

struct front {
	int link;
	int new_config; /* the link thread's: a file that is yet to be taken,
			   or -1 */
	struct sg_listen milter_listen;
	/* The mutex guards what somebody waits for at the control socket:
	   reloads is how many came to their end, reload_rc and reload_text are
	   of the last. */
	pthread_mutex_t reload_mutex;
	pthread_cond_t reload_cond;
	unsigned long reloads;
	enum sg_rc reload_rc;
	char *reload_text;
	struct sg_store *store;
	struct sg_tlsmap *tlsmap; /* NULL: nowhere to listen */
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
	if (f->tlsmap != NULL)
		sg_tlsmap_drain(f->tlsmap);
	while (atomic_load(&f->env.inside) > 0 &&
	    sg_mono_now().ms < until.ms)
		(void)poll(NULL, 0, 5);
	(void)poll(NULL, 0, FLUSH_MS);
	(void)sg_days_stop(f->env.days, REPORT_MS);
	sg_log_stop(200);
	_exit(0);
}

/* All of a file, and a NUL behind it; NULL: no memory, or not to be read. */
static char *
read_all(int fd, size_t *len)
{
	struct stat st;
	char *text;
	ssize_t n;

	if (fstat(fd, &st) != 0)
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
	*len = (size_t)n;
	return text;
}

/* The supervisor has had the file read and found it good; this is what it
   says. False: no memory for it; until there is, the old one stays. */
static bool
take_config(struct front *f, int fd)
{
	struct sg_config *config = NULL;
	size_t len;
	char *block = read_all(fd, &len);

	if (block == NULL || sg_config_unpack(block, len, &config) != SG_OK) {
		sg_log(SG_LOG_ERR, "new configuration not in force yet: it "
		    "cannot be read");
		free(block);
		return false;
	}
	sg_engine_set_config(f->env.engine, config);
	sg_session_set_config(&f->env, config);
	if (f->tlsmap != NULL)
		sg_tlsmap_set_config(f->tlsmap, config);
	sg_days_set_keep(f->env.days, config->report_days);
	sg_log(SG_LOG_INFO, "new configuration in force");
	sg_config_unref(&config);
	return true;
}

static void
on_reloaded(struct front *f, const struct sg_link_message *m)
{
	size_t len;

	sg_status_reloaded(m->slot == 0);
	pthread_mutex_lock(&f->reload_mutex);
	free(f->reload_text);
	f->reload_text = read_all(m->fd, &len);
	f->reload_rc = m->slot == 0 ? SG_OK : SG_BAD;
	f->reloads++;
	pthread_cond_broadcast(&f->reload_cond);
	pthread_mutex_unlock(&f->reload_mutex);
}

/* For the control socket: asks the supervisor and waits. */
static enum sg_rc
reload(void *arg, char **text)
{
	static const struct sg_link_message ask = { SG_LINK_RELOAD, 0, -1 };
	struct front *f = arg;
	struct timespec until;
	enum sg_rc rc = SG_RETRY;
	unsigned long seen;
	int error = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += RELOAD_MS / 1000;
	pthread_mutex_lock(&f->reload_mutex);
	seen = f->reloads;
	if (sg_link_send(f->link, &ask) == SG_OK)
		while (f->reloads == seen && error == 0)
			error = pthread_cond_timedwait(&f->reload_cond,
			    &f->reload_mutex, &until);
	if (f->reloads != seen) {
		rc = f->reload_rc;
		*text = f->reload_text != NULL ? strdup(f->reload_text) : NULL;
	}
	pthread_mutex_unlock(&f->reload_mutex);
	return rc;
}

static void
obey(struct front *f, const struct sg_link_message *m)
{
	if (m->type == SG_LINK_WORKER && m->fd >= 0) {
		sg_engine_attach(f->env.engine, m->slot, m->fd);
		return;
	}
	if (m->type == SG_LINK_CONFIG && m->fd >= 0) {
		if (f->new_config >= 0)
			close(f->new_config);
		f->new_config = m->fd;
		return;
	}
	if (m->type == SG_LINK_RELOADED && m->fd >= 0)
		on_reloaded(f, m);
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
		if (f->new_config >= 0 && take_config(f, f->new_config)) {
			close(f->new_config);
			f->new_config = -1;
		}
		(void)sg_link_send(f->link, &alive);
	}
	return NULL;
}

/* That this process lives is not that mail is served: we ask as an MTA does,
   by the socket's name. */
static void *
ask_ourselves(void *arg)
{
	static const struct sg_link_message serving = { SG_LINK_SERVING, 0,
		-1 };
	struct front *f = arg;

	for (;;) {
		if (sg_wake_ask(&f->milter_listen))
			(void)sg_link_send(f->link, &serving);
		(void)poll(NULL, 0, ASK_MS);
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
	snprintf(by_fd, sizeof(by_fd), "fd:%d", p->doors.milter);
	sg_accept_reserve(p->doors.milter);
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
open_store(struct front *f, const struct sg_front_params *p,
    struct sg_err *err)
{
	char path[4096];
	struct sg_store_params params = { .path = path };
	struct sg_err why = { .text = "" };
	struct sg_key key;
	enum sg_rc rc;

	snprintf(path, sizeof(path), "%s/facts.sqlite", p->boot->state_dir);
	if (p->key_fd >= 0) {
		rc = sg_key_read(p->key_fd, &key, &why);
		(void)close(p->key_fd);
		if (rc != SG_OK) {
			sg_err_set(err, why.reason, "store_key_file: %.200s",
			    why.text);
			return rc;
		}
		params.key = &key;
	}
	rc = sg_store_open(&params, &f->store, err);
	sg_key_wipe(&key);
	return rc;
}

/* Without it mail goes on. */
static void
open_report(struct front *f, const struct sg_front_params *p)
{
	char path[4096];
	struct sg_days_params params = { .path = path,
		.keep_days = p->config->report_days };

	snprintf(path, sizeof(path), "%s/" SG_DAYS_FILE, p->boot->state_dir);
	f->env.days = sg_days_new(&params);
	if (f->env.days == NULL)
		sg_log(SG_LOG_ERR, "report: no memory or no thread for it");
}

static enum sg_rc
start_tlsmap(struct front *f, const struct sg_front_params *p,
    struct sg_err *err)
{
	struct sg_tlsmap_params params = { .engine = f->env.engine,
		.config = p->config, .listeners = p->doors.tlsmap,
		.n_listeners = p->doors.n_tlsmap };

	if (params.n_listeners == 0)
		return SG_OK;
	return sg_tlsmap_new(&params, &f->tlsmap, err);
}

static enum sg_rc
start_desks(struct front *f, const struct sg_front_params *p,
    struct sg_err *err)
{
	struct sg_control_params control = { .fd = p->doors.control,
		.env = &f->env, .store = f->store, .reload = reload,
		.arg = f };
	struct sg_metrics_params metrics = { .fd = p->doors.metrics,
		.engine = f->env.engine, .store = f->store,
		.tlsmap = f->tlsmap };

	if (metrics.fd >= 0 && sg_metrics_start(&metrics, err) != SG_OK)
		return SG_BAD;
	return sg_control_start(&control, err);
}

static bool
start_thread(void *(*run)(void *), struct front *f)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, f) != 0)
		return false;
	pthread_detach(thread);
	return true;
}

static enum sg_rc
start(struct front *f, const struct sg_front_params *p, struct sg_err *err)
{
	struct sg_engine_params engine = { .config = p->config,
		.workers = p->boot->workers,
		.before_wait = on_before_wait,
		.worker_stuck = on_worker_stuck, .arg = f };
	char clock_path[4096];

	if (open_store(f, p, err) != SG_OK)
		return SG_BAD;
	open_report(f, p);
	engine.store = f->store;
	snprintf(clock_path, sizeof(clock_path), "%s/clock",
	    p->boot->state_dir);
	engine.clock_path = clock_path;
	if (sg_engine_new(&engine, &f->env.engine, err) != SG_OK)
		return SG_BAD;
	if (start_tlsmap(f, p, err) != SG_OK ||
	    sg_session_register(&f->env, err) != SG_OK ||
	    open_milter(p, err) != 0)
		return SG_BAD;
	f->milter_listen = p->boot->milter_listen;
	f->env.wake = sg_wake_new(&f->milter_listen);
	if (start_thread(serve_link, f) && start_thread(ask_ourselves, f))
		return start_desks(f, p, err);
	sg_err_set(err, SG_REASON_INTERNAL, "no thread");
	return SG_BAD;
}

int
sg_front_run(const struct sg_front_params *p)
{
	static const struct sg_link_message ready = { SG_LINK_READY, 0, -1 };
	struct front *f = calloc(1, sizeof(*f));
	struct sg_err err = { .text = "" };

	sg_assert(f != NULL);
	f->link = p->link;
	f->new_config = -1;
	pthread_mutex_init(&f->env.mutex, NULL);
	pthread_mutex_init(&f->reload_mutex, NULL);
	pthread_cond_init(&f->reload_cond, NULL);
	sg_status_init(p->config_path, p->boot);
	f->env.config = sg_config_ref(p->config);
	if (sg_confine_front(p->boot, &err) != SG_OK) {
		sg_log(SG_LOG_ERR, "%s", err.text);
		return EX_OSERR;
	}
	sg_log_start();
	if (start(f, p, &err) != SG_OK) {
		sg_log(SG_LOG_ERR, "%s", err.text);
		sg_log_stop(1000);
		return EX_CONFIG;
	}
	(void)sg_link_send(f->link, &ready);
	sg_wake_prepare();
	(void)smfi_main();
	leave(f);
	return 0;
}
