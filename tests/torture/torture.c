/* SPDX-License-Identifier: ISC */
/* torture.c - see torture.h. */
#include <sys/wait.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "base/log.h"
#include "torture/torture.h"

#define CLEAN 77       /* the planned call was never made */
#define IN_TIME_S 30   /* far above every deadline of a scenario */
#define MAX_CALLS 100000

static bool long_mode;
static unsigned only_n;
static const char *only_kind;
static unsigned long runs, bad;

/* Where LeakSanitizer is linked. */
void __lsan_do_leak_check(void) __attribute__((weak));

void
torture_end(void)
{
	fault_end();
	if (__lsan_do_leak_check != NULL)
		__lsan_do_leak_check();
	fflush(NULL);
	_exit(fault_happened() ? 0 : CLEAN);
}

static void
child(const struct torture *t, enum fault_kind kind, unsigned n, bool forever)
{
	alarm(IN_TIME_S);
	fault_plan(kind, n, forever);
	t->run();
	fault_end();
	/* Not _exit(): leaks are looked for. */
	exit(fault_happened() ? 0 : CLEAN);
}

static const char *
how(int status)
{
	static char text[64];

	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), WTERMSIG(status) == SIGALRM
			? "was not done in time" : "ended by signal %d",
		    WTERMSIG(status));
	else
		snprintf(text, sizeof(text), "exit status %d",
		    WEXITSTATUS(status));
	return text;
}

static bool
is_good(int status)
{
	return WIFEXITED(status) && (WEXITSTATUS(status) == 0 ||
	    WEXITSTATUS(status) == CLEAN);
}

/* True: it went to its end without the planned call. */
static bool
run_one(const struct torture *t, enum fault_kind kind, unsigned n,
    bool forever)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		perror("fork");
		exit(2);
	}
	if (pid == 0)
		child(t, kind, n, forever);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	runs++;
	if (!is_good(status)) {
		bad++;
		printf("%s: call %u of %s%s: %s\n", t->name, n,
		    fault_names[kind], forever ? " and all behind it" : "",
		    how(status));
		return bad > 20;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == CLEAN;
}

static void
run_kind(const struct torture *t, enum fault_kind kind)
{
	unsigned step = long_mode || t->step == 0 ? 1 : t->step;

	for (int forever = 0; forever < 2; forever++)
		for (unsigned n = only_n > 0 ? only_n : 1; n < MAX_CALLS;
		     n += step) {
			if (run_one(t, kind, n, forever != 0) || only_n > 0)
				break;
		}
}

int
torture_main(int argc, char **argv, const struct torture *all, size_t n)
{
	const char *only = NULL;
	int c;

	while ((c = getopt(argc, argv, "lf:k:n:")) != -1) {
		if (c == 'l')
			long_mode = true;
		else if (c == 'k')
			only = optarg;
		else if (c == 'f')
			only_kind = optarg;
		else if (c == 'n')
			only_n = (unsigned)strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	sg_log_init(SG_LOG_STDERR, SG_LOG_ERR, "torture");
	fault_setup();
	for (size_t i = 0; i < n; i++) {
		unsigned long before = runs;

		if (only != NULL && strcmp(only, all[i].name) != 0)
			continue;
		for (int kind = 0; kind < FAULT_KINDS; kind++)
			if ((all[i].kinds & 1u << kind) != 0 &&
			    (only_kind == NULL ||
			        strcmp(only_kind, fault_names[kind]) == 0))
				run_kind(&all[i], (enum fault_kind)kind);
		printf("%s: %lu runs\n", all[i].name, runs - before);
	}
	printf("%lu runs, %lu failed\n", runs, bad);
	return bad == 0 && runs > 0 ? 0 : 1;
}
