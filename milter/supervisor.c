/* SPDX-License-Identifier: ISC */
/*
 * supervisor.c - see supervisor.h.
 *
 * One thread, one poll loop over a signalfd and the link to the front, so
 * that forking is always safe. A worker is tied to the front by a socket pair
 * whose one end is passed over the link: when the front dies the workers see
 * end of file, leave, and come back tied to the next front. The mechanism is
 * the same for each death.
 */
#include "supervisor.h"

#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/unistd.h>

#include "base/log.h"
#include "child.h"
#include "confine.h"
#include "compat/notify.h"
#include "front.h"
#include "link.h"
#include "net/worker.h"
#include "rehearse.h"

#define MAX_WORKERS 16
#define FRONT_SILENT_MS 10000  /* then it is killed */
#define FRONT_START_MS 60000   /* its first word: a large store is checked */
#define LATE_MS 1000
#define FEED_MS 1000
#define TURN_MS 100
#define STOP_FRONT_MS 1600
#define STOP_WORKERS_MS 200

struct supervisor {
	const struct sg_supervisor_params *params;
	struct sg_config *config; /* in force */
	struct sg_config *boot;   /* the first: what takes a restart is as it
				     says */
	int signal_fd;
	struct sg_child front;
	int link; /* to the front, -1 */
	struct sg_mono front_heard;
	struct sg_mono fed; /* the service manager's watchdog */
	bool front_ready, ever_ready;
	unsigned n_workers;
	struct sg_child workers[MAX_WORKERS];
	int for_front[MAX_WORKERS]; /* sockets that wait to be passed on; -1 */
	bool stop;
	int status;
};

/* --- children ------------------------------------------------------------------ */

static void
unblock_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Confined before it has threads; then its loop need not wait for a log that
   takes nothing. */
static enum sg_rc
on_worker_ready(const struct sg_config *config, struct sg_err *err)
{
	if (sg_confine_worker(config, err) != SG_OK)
		return SG_BAD;
	sg_log_start();
	return SG_OK;
}

static void
run_worker(struct supervisor *s, unsigned slot, int fd, pid_t parent)
{
	char title[16];
	int status;

	snprintf(title, sizeof(title), "net %u", slot);
	sg_process_enter(title, parent, s->config, &s->params->id, &fd, 1,
	    SG_LOG_INFO);
	unblock_signals();
	status = sg_worker_run(fd, s->config, on_worker_ready);
	sg_log_stop(100);
	_exit(status);
}

static void
run_front(struct supervisor *s, int link, pid_t parent)
{
	int keep[2 + SG_DOORS_MAX] = { link, s->params->key_fd };
	struct sg_front_params params = { .config = s->config,
		.boot = s->boot, .config_path = s->params->config_path,
		.doors = s->params->doors, .key_fd = -1 };
	int own = keep[1] >= 0 ? 2 : 1; /* the key goes to nobody else */
	int n = own + (int)sg_doors_list(&params.doors, keep + own);

	sg_process_enter("front", parent, s->config, &s->params->id, keep, n,
	    SG_LOG_INFO);
	params.link = keep[0];
	if (own == 2)
		params.key_fd = keep[1];
	sg_doors_moved(&params.doors, keep + own);
	_exit(sg_front_run(&params));
}

static void
pass_workers_on(struct supervisor *s)
{
	for (unsigned i = 0; i < s->n_workers; i++) {
		struct sg_link_message m = { SG_LINK_WORKER, i,
			s->for_front[i] };

		if (s->link < 0 || m.fd < 0 ||
		    sg_link_send(s->link, &m) != SG_OK)
			continue;
		close(s->for_front[i]);
		s->for_front[i] = -1;
	}
}

static void
start_worker(struct supervisor *s, unsigned slot)
{
	struct sg_child *c = &s->workers[slot];
	pid_t parent = getpid(), pid;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		sg_child_ended(c);
		return;
	}
	pid = fork();
	if (pid == 0)
		run_worker(s, slot, pair[1], parent);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		sg_child_ended(c);
		return;
	}
	sg_child_started(c, pid);
	if (s->for_front[slot] >= 0)
		close(s->for_front[slot]);
	s->for_front[slot] = pair[0];
	pass_workers_on(s);
}

static void
start_front(struct supervisor *s)
{
	pid_t parent = getpid(), pid;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		sg_child_ended(&s->front);
		return;
	}
	pid = fork();
	if (pid == 0)
		run_front(s, pair[1], parent);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		sg_child_ended(&s->front);
		return;
	}
	sg_child_started(&s->front, pid);
	s->link = pair[0];
	s->front_ready = false;
	s->front_heard = sg_mono_now();
	pass_workers_on(s);
}

static void
start_what_is_due(struct supervisor *s)
{
	struct sg_mono now = sg_mono_now();

	for (unsigned i = 0; i < s->n_workers; i++)
		if (s->workers[i].pid == 0 &&
		    now.ms >= s->workers[i].start_at.ms)
			start_worker(s, i);
	if (s->front.pid == 0 && now.ms >= s->front.start_at.ms)
		start_front(s);
}

/* --- deaths ---------------------------------------------------------------------- */

static void
say_how(const char *who, int status)
{
	if (WIFSIGNALED(status))
		sg_log(SG_LOG_ERR, "%s was killed by signal %d; restarting",
		    who, WTERMSIG(status));
	else
		sg_log(SG_LOG_WARN, "%s ended with status %d; restarting", who,
		    WEXITSTATUS(status));
}

static void
give_up_start(struct supervisor *s, int status)
{
	if (!s->ever_ready && WIFEXITED(status) &&
	    WEXITSTATUS(status) == EX_CONFIG) {
		s->stop = true;
		s->status = EX_CONFIG;
	}
}

/* Workers tied to a front that is gone leave by themselves, if they can. */
static void
kill_orphans(struct supervisor *s)
{
	for (unsigned i = 0; i < s->n_workers; i++)
		if (s->workers[i].pid != 0 && s->for_front[i] < 0)
			(void)kill(s->workers[i].pid, SIGKILL);
}

static void
on_front_death(struct supervisor *s, int status)
{
	say_how("front", status);
	give_up_start(s, status);
	if (s->link >= 0)
		close(s->link);
	s->link = -1;
	s->front_ready = false;
	sg_child_ended(&s->front);
	kill_orphans(s);
}

static void
on_worker_death(struct supervisor *s, unsigned slot, int status)
{
	char who[32];

	snprintf(who, sizeof(who), "net worker %u", slot);
	/* Because the front died or we asked it to: no failure. */
	if ((WIFEXITED(status) && WEXITSTATUS(status) == 0) || s->link < 0)
		s->workers[slot].failures = 0;
	else
		say_how(who, status);
	give_up_start(s, status);
	sg_child_ended(&s->workers[slot]);
}

static void
reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == s->front.pid)
			on_front_death(s, status);
		for (unsigned i = 0; i < s->n_workers; i++)
			if (pid == s->workers[i].pid)
				on_worker_death(s, i, status);
	}
}

/* --- reload ------------------------------------------------------------------------ */

static bool
differs(const char *a, const char *b)
{
	return strcmp(a, b) != 0;
}

static bool
same_listeners(const struct sg_config *a, const struct sg_config *b)
{
	const struct sg_listen *x = a->tlsmap_listen, *y = b->tlsmap_listen;

	if (a->n_tlsmap_listen != b->n_tlsmap_listen)
		return false;
	for (size_t i = 0; i < a->n_tlsmap_listen; i++)
		if (x[i].is_unix != y[i].is_unix || x[i].port != y[i].port ||
		    differs(x[i].path, y[i].path) ||
		    differs(x[i].host, y[i].host))
			return false;
	return true;
}

/* A detached daemon has no stderr that anybody reads. */
static void
settle_log(const struct supervisor *s, struct sg_config *config)
{
	if (s->params->detached && config->log_target == SG_LOG_AUTO)
		config->log_target = SG_LOG_SYSLOG;
}

/* What is bound to the start of the daemon and is not taken over. */
static void
say_what_needs_restart(const struct sg_config *old, const struct sg_config *new)
{
	const struct {
		const char *name;
		bool changed;
	} opts[] = {
		{ "milter_socket",
		    differs(old->milter_socket, new->milter_socket) },
		{ "control_socket",
		    differs(old->control_socket, new->control_socket) },
		{ "metrics_listen",
		    differs(old->metrics_listen, new->metrics_listen) },
		{ "tlsmap_listen", !same_listeners(old, new) },
		{ "socket_group",
		    differs(old->socket_group, new->socket_group) },
		{ "state_dir", differs(old->state_dir, new->state_dir) },
		{ "store_key_file",
		    differs(old->store_key_file, new->store_key_file) },
		{ "user", differs(old->user, new->user) },
		{ "workers", old->workers != new->workers },
		{ "log_target", old->log_target != new->log_target },
	};

	for (size_t i = 0; i < sizeof(opts) / sizeof(opts[0]); i++)
		if (opts[i].changed)
			sg_log(SG_LOG_WARN, "%s has changed: it takes a "
			    "restart; the old value stays until then",
			    opts[i].name);
}

/* A message with a file, or -1, which stays ours. */
static enum sg_rc
send_file(struct supervisor *s, enum sg_link_type type, unsigned slot, int fd)
{
	struct sg_link_message m = { type, slot, fd };

	return s->link < 0 || fd < 0 ? SG_RETRY : sg_link_send(s->link, &m);
}

/* To the front, for whoever asked there. A text that is good and not taken is
   said nothing of but here. */
static void
send_outcome(struct supervisor *s, enum sg_rc rc, int said)
{
	if (rc != SG_OK && said >= 0 && lseek(said, 0, SEEK_END) == 0)
		dprintf(said, rc == SG_BAD ? "%s: the daemon's user cannot use "
		    "all that it names: the log says what\n"
		    : "%s: cannot be tried out: the log says why\n",
		    s->params->config_path);
	(void)send_file(s, SG_LINK_RELOADED, rc != SG_OK, said);
}

static void
take(struct supervisor *s, struct sg_rehearsal *r)
{
	settle_log(s, r->next);
	say_what_needs_restart(s->boot, r->next);
	sg_config_unref(&s->config);
	s->config = sg_config_ref(r->next);
	if (send_file(s, SG_LINK_CONFIG, 0, r->image) != SG_OK)
		sg_log(SG_LOG_ERR, "the front cannot be given the new "
		    "configuration: %s", strerror(errno));
	/* New workers are forked with the new configuration; what the old ones
	   were asked is asked again. */
	for (unsigned i = 0; i < s->n_workers; i++)
		if (s->workers[i].pid != 0)
			(void)kill(s->workers[i].pid, SIGTERM);
	sg_log(SG_LOG_INFO, "%s read again", s->params->config_path);
}

static void
reload(struct supervisor *s)
{
	struct sg_rehearsal r;
	enum sg_rc rc;

	sg_notify("RELOADING=1");
	rc = sg_rehearse(s->config, s->params->config_path, &s->params->id,
	    &r);
	if (rc == SG_OK)
		take(s, &r);
	else
		sg_log(SG_LOG_ERR, "%s is not taken: the old configuration "
		    "stays in force", s->params->config_path);
	send_outcome(s, rc, r.said);
	sg_rehearsal_fini(&r);
	/* It slept meanwhile, not the front. */
	s->front_heard = sg_mono_now();
	sg_notify("READY=1");
}

/* --- the loop ---------------------------------------------------------------------- */

static void
on_signal(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) ==
	    (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload(s);
		else if (info.ssi_signo == SIGTERM ||
		    info.ssi_signo == SIGINT)
			s->stop = true;
	}
	reap(s);
}

/* The service manager hears that we live while the milter answers, or while a
   front is on its way, for which we have limits of our own. */
static void
feed_watchdog(struct supervisor *s)
{
	struct sg_mono now = sg_mono_now();

	if (now.ms - s->fed.ms < FEED_MS)
		return;
	s->fed = now;
	sg_notify("WATCHDOG=1");
}

static void
on_link(struct supervisor *s)
{
	struct sg_link_message m;

	if (sg_link_receive(s->link, &m) != SG_OK) {
		close(s->link); /* SIGCHLD will tell */
		s->link = -1;
		return;
	}
	if (m.fd >= 0)
		close(m.fd);
	s->front_heard = sg_mono_now();
	if (m.type == SG_LINK_SERVING)
		feed_watchdog(s);
	if (m.type == SG_LINK_STUCK && m.slot < s->n_workers &&
	    s->workers[m.slot].pid != 0)
		(void)kill(s->workers[m.slot].pid, SIGKILL);
	if (m.type == SG_LINK_RELOAD)
		reload(s);
	if (m.type != SG_LINK_READY)
		return;
	s->front_ready = true;
	if (s->ever_ready)
		return;
	s->ever_ready = true;
	sg_log(SG_LOG_INFO, "ready: milter on %s%s", s->config->milter_socket,
	    s->config->dry_run ? ", dry run" : "");
	sg_notify("READY=1");
	if (s->params->on_ready != NULL)
		s->params->on_ready(s->params->arg);
}

/* A front that neither thinks nor dies is ended. */
static void
watch_front(struct supervisor *s)
{
	int64_t silent = sg_mono_now().ms - s->front_heard.ms;
	int64_t limit = s->front_ready ? FRONT_SILENT_MS : FRONT_START_MS;

	if (s->ever_ready && !s->front_ready)
		feed_watchdog(s);
	if (s->front.pid == 0)
		return;
	if (silent > limit) {
		sg_log(SG_LOG_ERR, "front does not answer: killing it");
		(void)kill(s->front.pid, SIGKILL);
	}
}

static void
loop(struct supervisor *s)
{
	struct sg_mono before;

	while (!s->stop) {
		struct pollfd p[2] = { { s->signal_fd, POLLIN, 0 },
			{ s->link, POLLIN, 0 } };

		start_what_is_due(s);
		p[1].fd = s->link;
		before = sg_mono_now();
		if (poll(p, 2, TURN_MS) < 0) { /* no memory: neither spin nor
						   be deaf */
			(void)usleep(TURN_MS * 1000);
			p[0].revents = POLLIN;
		}
		/* When it was we who slept, nobody is to blame. */
		if (sg_mono_now().ms - before.ms > LATE_MS)
			s->front_heard = sg_mono_now();
		if (p[1].revents != 0 && s->link >= 0)
			on_link(s);
		if (p[0].revents != 0)
			on_signal(s);
		watch_front(s);
	}
}

/* --- the end ------------------------------------------------------------------------ */

static void
stop_all(struct supervisor *s)
{
	static const struct sg_link_message stop = { SG_LINK_STOP, 0, -1 };

	sg_notify("STOPPING=1");
	if (s->link >= 0)
		(void)sg_link_send(s->link, &stop);
	if (s->front.pid != 0)
		(void)sg_process_end(s->front.pid, s->link >= 0 ? STOP_FRONT_MS : 0);
	for (unsigned i = 0; i < s->n_workers; i++)
		if (s->workers[i].pid != 0)
			(void)kill(s->workers[i].pid, SIGTERM);
	for (unsigned i = 0; i < s->n_workers; i++)
		if (s->workers[i].pid != 0)
			(void)sg_process_end(s->workers[i].pid,
			    STOP_WORKERS_MS);
}

static int
open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int
sg_supervisor_run(const struct sg_supervisor_params *params)
{
	struct supervisor s = { .params = params, .config = params->config,
		.link = -1, .n_workers = params->config->workers };

	sg_assert(s.n_workers <= MAX_WORKERS);
	settle_log(&s, s.config);
	s.boot = sg_config_ref(s.config);
	sg_log_init(s.config->log_target, SG_LOG_INFO, "supervisor");
	for (unsigned i = 0; i < MAX_WORKERS; i++)
		s.for_front[i] = -1;
	setproctitle("supervisor");
	s.signal_fd = open_signals();
	if (s.signal_fd < 0)
		return EX_OSERR;
	loop(&s);
	stop_all(&s);
	sg_log(SG_LOG_INFO, "stopped");
	sg_config_unref(&s.config);
	sg_config_unref(&s.boot);
	close(s.signal_fd);
	return s.status;
}
