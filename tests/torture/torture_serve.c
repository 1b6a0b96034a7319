/* SPDX-License-Identifier: ISC */
/*
 * torture_serve.c - the supervisor, its sockets and its reload while calls
 * fail: memory, files, sockets, processes. Front and worker are stand-ins that
 * say no more than that they are there.
 *
 * Holds: a call that fails once delays the start and no more; whatever fails
 * for good, the supervisor neither ends nor spins, and stops when it is told
 * to; a reload is taken whole or not at all, and its reader may die of it, the
 * supervisor not (THREATS 5.4); no descriptor is left behind.
 */
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>
#include <bsd/unistd.h>
#include "doors.h"
#include "front.h"
#include "link.h"
#include "net/worker.h"
#include "rehearse.h"
#include "supervisor.h"
#include "torture/torture.h"

#define CONF "workers = 3\ndns = { trust_anchor_file = \"\" }\n" \
	"groups = ( { name = \"a\" sender = [\"@a.test\"] require = " \
	"\"secure\" recipients = ( { match = \".b.test\" require = " \
	"\"dane\" } ) } )\n"

static char dir[] = "./torture-serve-XXXXXX";
static char conf[sizeof(dir) + 8];

static void
remove_dir(void)
{
	(void)unlink(conf);
	(void)rmdir(dir);
}

static void
make_dir(void)
{
	int fd;

	torture_hold(mkdtemp(dir) != NULL);
	snprintf(conf, sizeof(conf), "%s/conf", dir);
	fd = open(conf, O_WRONLY | O_CREAT, 0600);
	torture_hold(write(fd, CONF, sizeof(CONF) - 1) ==
	    (ssize_t)sizeof(CONF) - 1);
	close(fd);
	atexit(remove_dir);
}

static struct sg_config *
parse(const char *text)
{
	struct sg_config_errors errors = { .n = 0 };
	struct sg_config *c = NULL;

	torture_hold(sg_config_parse(text, "torture", &c, &errors) == SG_OK);
	return c;
}

/* The lowest descriptor that is free. */
static int
next_fd(void)
{
	int fd = dup(STDIN_FILENO);

	torture_hold(fd >= 0);
	close(fd);
	return fd;
}

/* --- reload ----------------------------------------------------------------- */

/* What it says of its own death is not for the log of the tests. */
static int
hush(int was)
{
	int to = was >= 0 ? was : open("/dev/null", O_WRONLY);
	int before = was >= 0 ? -1 : dup(STDERR_FILENO);

	torture_hold(to >= 0 && dup2(to, STDERR_FILENO) == STDERR_FILENO);
	close(to);
	return before;
}

static void
reload(void)
{
	static const struct sg_identity id = { .change = false };
	struct sg_config *now = parse("dns = { trust_anchor_file = \"\" }");
	int free_fd = next_fd(), err_fd;
	struct sg_rehearsal r;
	enum sg_rc rc;

	make_dir();
	err_fd = hush(-1);
	fault_arm();
	rc = sg_rehearse(now, conf, &id, &r);
	fault_disarm();
	(void)hush(err_fd);
	torture_hold((rc == SG_OK) == (r.next != NULL));
	torture_hold(rc == SG_OK || fault_happened());
	torture_hold(rc != SG_OK || (r.next->workers == 3 &&
	    r.next->n_groups == 2 && r.next->groups[0].n_recipients == 1 &&
	    r.next->groups[0].rule.require == SG_REQUIRE_SECURE &&
	    strcmp(r.next->groups[0].senders[0].domain, "a.test") == 0 &&
	    strcmp(r.next->text, CONF) == 0));
	sg_rehearsal_fini(&r);
	torture_hold(next_fd() == free_fd);
	sg_config_unref(&now);
}

/* --- sockets ------------------------------------------------------------------ */

static void
doors(void)
{
	static const struct sg_identity id = { .change = false };
	char cwd[200], text[1200];
	struct sg_config *config;
	struct sg_doors d;
	struct sg_err err = { .text = "" };
	int free_fd;
	enum sg_rc rc;

	make_dir();
	torture_hold(getcwd(cwd, sizeof(cwd)) != NULL);
	snprintf(text, sizeof(text), "dns = { trust_anchor_file = \"\" }\n"
	    "milter_socket = \"unix:%s/%s/m\"\ncontrol_socket = \"%s/%s/c\"\n"
	    "tlsmap_listen = [\"unix:%s/%s/t\"]\nsocket_group = \"\"\n"
	    "metrics_listen = \"\"\n", cwd, dir, cwd, dir, cwd, dir);
	config = parse(text);
	free_fd = next_fd();
	fault_arm();
	rc = sg_doors_open(config, &id, &d, &err);
	fault_disarm();
	torture_hold(rc == SG_OK || (fault_happened() && err.text[0] != '\0'));
	fault_end();
	if (rc != SG_OK) /* what it left does not stand in the next one's way */
		torture_hold(next_fd() == free_fd &&
		    sg_doors_open(config, &id, &d, &err) == SG_OK);
	sg_doors_close(&d, config);
	torture_hold(next_fd() == free_fd);
	sg_config_unref(&config);
}

/* --- the supervisor ----------------------------------------------------------- */

static atomic_bool *served; /* the front has had its worker */

int
sg_front_run(const struct sg_front_params *p)
{
	static const struct sg_link_message ready = { SG_LINK_READY, 0, -1 };
	struct sg_link_message m;

	fault_disarm();
	if (sg_link_send(p->link, &ready) != SG_OK)
		return 1;
	while (sg_link_receive(p->link, &m) == SG_OK &&
	    m.type != SG_LINK_STOP)
		if (m.type == SG_LINK_WORKER && m.fd >= 0) {
			atomic_store(served, true);
			(void)kill(getppid(), SIGTERM);
		}
	return 0;
}

int
sg_worker_run(int fd, const struct sg_config *config,
    sg_worker_ready_fn *on_ready)
{
	struct pollfd p = { fd, POLLIN, 0 };

	(void)config, (void)on_ready;
	fault_disarm();
	(void)poll(&p, 1, -1);
	return 0;
}

/* Ends the supervisor that is not ended by its front. */
static pid_t
end_later(unsigned ms)
{
	pid_t parent = getpid(), pid = fork();

	torture_hold(pid >= 0);
	if (pid > 0)
		return pid;
	(void)usleep(ms * 1000);
	(void)kill(parent, SIGTERM);
	_exit(0);
}

static double
processor_s(void)
{
	struct rusage u;

	torture_hold(getrusage(RUSAGE_SELF, &u) == 0);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void
supervise(void)
{
	struct sg_supervisor_params p = { .config_path = conf,
		.config = parse("dns = { trust_anchor_file = \"\" }"),
		.doors = { -1, -1, -1, 0, { 0 } } };
	unsigned patience_ms = fault_is_forever() ? 300 : 20000;
	struct sg_mono began = sg_mono_now();
	double spent = processor_s();
	pid_t helper;
	int status, err_fd;

	served = mmap(NULL, sizeof(*served), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	torture_hold(served != MAP_FAILED);
	helper = end_later(patience_ms);
	err_fd = hush(-1);
	fault_arm();
	status = sg_supervisor_run(&p);
	fault_disarm();
	(void)hush(err_fd);
	(void)kill(helper, SIGKILL);
	(void)waitpid(helper, NULL, 0);
	torture_hold(status == 0);
	torture_hold(atomic_load(served) || fault_is_forever());
	torture_hold(sg_mono_now().ms - began.ms < patience_ms + 8000);
	torture_hold(processor_s() - spent < 0.2);
	torture_hold(waitpid(-1, NULL, WNOHANG) <= 0);
}

int
main(int argc, char **argv)
{
	static const struct torture all[] = {
		{ "reload", 1 << FAULT_MEMORY | 1 << FAULT_FILE |
		    1 << FAULT_THREAD, reload, 37, 0 },
		{ "doors", 1 << FAULT_MEMORY | 1 << FAULT_FILE |
		    1 << FAULT_NETWORK | 1 << FAULT_INSIDE, doors, 0, 0 },
		{ "supervise", 1 << FAULT_MEMORY | 1 << FAULT_NETWORK |
		    1 << FAULT_THREAD, supervise, 9, 0 },
	};

	setproctitle_init(argc, argv, environ);
	return torture_main(argc, argv, all, sizeof(all) / sizeof(all[0]));
}
