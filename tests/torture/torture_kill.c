/* SPDX-License-Identifier: ISC */
/*
 * torture_kill.c - a process that writes policies is killed, at a moment that
 * differs each time, 50 times (-l: 1,000). Whatever it had said is written is
 * there when the file is opened again, and the file is never set aside
 * (THREATS 5.4, 7).
 */
#include <sys/wait.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "store/store.h"
#include "torture/torture.h"

#define NOW 1795000000
#define N_KEYS 500

static char dir[64], db[96];
/* The generation of each key that was said to be written. */
static unsigned written[N_KEYS];

static struct sg_wall
tell(void)
{
	return (struct sg_wall) { NOW };
}

static struct sg_store *
open_store(void)
{
	struct sg_store_params p = { .path = db, .max_entries = 10,
		.now = tell };
	struct sg_store *s = NULL;
	struct sg_err err;

	if (sg_store_open(&p, &s, &err) != SG_OK) {
		fprintf(stderr, "%s\n", err.text);
		exit(3);
	}
	return s;
}

static struct sg_facts *
make(unsigned key, unsigned generation)
{
	struct sg_nexthop hop = { .port = 25 };
	struct sg_facts *f;
	char text[128], id[24];
	int n;

	snprintf(hop.name, sizeof(hop.name), "k%u.test", key);
	snprintf(id, sizeof(id), "g%u", generation);
	n = snprintf(text, sizeof(text), "version: STSv1\nmode: enforce\n"
	    "mx: mx%u.test\nmax_age: 604800\n", generation);
	f = sg_facts_new(&hop);
	torture_hold(f != NULL && sg_facts_set_policy(f, text, (size_t)n, id,
	    tell(), NULL) == SG_OK);
	f->fresh_until.s = NOW + 300;
	return f;
}

/* Two keys a transaction; then says so, one atomic write. */
__attribute__((noreturn)) static void
write_until_killed(int out, unsigned generation)
{
	struct sg_store *s = open_store();

	for (unsigned key = generation * 7 % N_KEYS;;
	     key = (key + 2) % N_KEYS) {
		struct sg_facts *f[2] = { make(key, generation),
			make((key + 1) % N_KEYS, generation) };

		torture_hold(sg_store_put(s, f, 2, NULL) == SG_OK);
		if (write(out, &key, sizeof(key)) != sizeof(key))
			_exit(4);
		sg_facts_unref(&f[0]);
		sg_facts_unref(&f[1]);
	}
}

/* Up to ms after the first that was written. */
static void
kill_after(pid_t pid, int in, int us, unsigned generation)
{
	struct timespec ts = { 0, us * 1000L };
	struct pollfd p = { in, POLLIN, 0 };
	unsigned key;
	int status;

	torture_hold(poll(&p, 1, 30000) == 1);
	nanosleep(&ts, NULL);
	(void)kill(pid, SIGKILL);
	torture_hold(waitpid(pid, &status, 0) == pid);
	torture_hold(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	while (read(in, &key, sizeof(key)) == sizeof(key))
		written[key] = written[(key + 1) % N_KEYS] = generation;
}

/* At least that generation: a later one was written and not said. */
static void
check(void)
{
	struct sg_store *s = open_store();

	for (unsigned key = 0; key < N_KEYS; key++) {
		struct sg_facts *f = NULL;
		char name[32];

		if (written[key] == 0)
			continue;
		snprintf(name, sizeof(name), "k%u.test", key);
		if (sg_store_get(s, name, &f, NULL) != SG_OK ||
		    sg_facts_policy(f, tell()) == NULL ||
		    strtoul(f->sts.policy_id + 1, NULL, 10) < written[key]) {
			fprintf(stderr, "%s of generation %u is lost\n", name,
			    written[key]);
			exit(3);
		}
		sg_facts_unref(&f);
	}
	sg_store_close(&s);
}

static unsigned
others_in_dir(bool remove)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	unsigned n = 0;

	while (d != NULL && (e = readdir(d)) != NULL) {
		n += strstr(e->d_name, "corrupt") != NULL;
		if (remove)
			(void)unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d != NULL)
		closedir(d);
	return n;
}

int
main(int argc, char **argv)
{
	unsigned times = argc > 1 && strcmp(argv[1], "-l") == 0 ? 1000 : 50;
	uint32_t seed = 1;
	unsigned said = 0;

	sg_log_init(SG_LOG_STDERR, SG_LOG_ERR, "torture");
	snprintf(dir, sizeof(dir), "./torture-kill-XXXXXX");
	torture_hold(mkdtemp(dir) != NULL);
	snprintf(db, sizeof(db), "%s/facts.db", dir);
	for (unsigned i = 1; i <= times; i++) {
		int fds[2];
		pid_t pid;

		torture_hold(pipe(fds) == 0);
		pid = fork();
		torture_hold(pid >= 0);
		if (pid == 0) {
			close(fds[0]);
			write_until_killed(fds[1], i);
		}
		close(fds[1]);
		seed = seed * 1664525u + 1013904223u;
		kill_after(pid, fds[0], (int)(seed >> 8) % 20000, i);
		close(fds[0]);
		check();
	}
	for (unsigned key = 0; key < N_KEYS; key++)
		said += written[key] != 0;
	torture_hold(others_in_dir(true) == 0);
	(void)rmdir(dir);
	printf("killed %u times, %u policies said to be written, 0 lost\n",
	    times, said);
	return said > 0 ? 0 : 1;
}
