/* SPDX-License-Identifier: ISC */
/* torture.c - see torture.h. */
#include <sys/mman.h>
#include <sys/wait.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "base/log.h"
#include "net/dns.h"
#include "torture/crash.h"
#include "torture/torture.h"

#define LEAKED 23
#define CLEAN 77       /* the planned call was never made */
#ifdef __SANITIZE_THREAD__ /* five times as slow, and each run has its threads */
#define SLOW true
#else
#define SLOW false
#endif
#define IN_TIME_S 30   /* far above every deadline of a scenario */
#define MAX_CALLS 100000
#define FOREVER_STEP 7 /* of FAULT_INSIDE */
#define MAX_PLACES 64
#define MAX_JOBS 16

static bool long_mode;
static unsigned only_n;
static const char *only_kind;
static unsigned n_jobs = 1;
static unsigned long runs, bad, theirs;

struct job {
	pid_t pid; /* 0: none */
	unsigned n; /* the call that fails */
	bool forever; /* and all behind it */
	unsigned report; /* crash.h */
	int words; /* standard error, or -1 */
	bool again; /* it failed, and is tried once more: of many at once
		       each may be held up */
};

/* Where LeakSanitizer is linked. */
void __lsan_do_leak_check(void) __attribute__((weak));
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));
static int words_fd = -1;
static bool is_over;

/* The last that exit() does: leaks of libraries are looked at here. */
static void
end_inside(void)
{
	bool leaks;

	if (!is_over)
		return;
	leaks = __lsan_do_recoverable_leak_check != NULL &&
	    __lsan_do_recoverable_leak_check() != 0 &&
	    !crash_leaks_are_theirs(words_fd);

	fflush(NULL);
	_exit(leaks ? LEAKED : fault_happened() ? 0 : CLEAN);
}

void
torture_end(void)
{
	fault_end();
	crash_is_over();
	is_over = true;
	if (words_fd >= 0)
		end_inside();
	if (__lsan_do_leak_check != NULL)
		__lsan_do_leak_check();
	fflush(NULL);
	_exit(fault_happened() ? 0 : CLEAN);
}

/* Libraries say much while memory is refused inside them: it is told only of
   who failed. */
static int
keep_words(enum fault_kind kind)
{
	return kind == FAULT_INSIDE ? memfd_create("words", MFD_CLOEXEC) : -1;
}

static void
tell_words(int fd)
{
	char text[4096];
	ssize_t n = pread(fd, text, sizeof(text), 0);

	if (n > 0)
		(void)fwrite(text, 1, (size_t)n, stdout);
}

static void
child(const struct torture *t, enum fault_kind kind, const struct job *job)
{
	alarm(IN_TIME_S);
	words_fd = job->words;
	if (words_fd >= 0)
		(void)dup2(words_fd, STDERR_FILENO);
	if (kind == FAULT_INSIDE) {
		crash_catch(job->report);
		(void)atexit(end_inside);
	}
	fault_plan(kind, job->n, job->forever);
	t->run();
	fault_end();
	crash_is_over();
	is_over = true;
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

/* Each place where a library died is told once. */
static void
tell_theirs(const char *where)
{
	static char said[MAX_PLACES][200];
	static size_t n;

	theirs++;
	for (size_t i = 0; i < n; i++)
		if (strncmp(said[i], where, sizeof(said[i]) - 1) == 0)
			return;
	printf("  ended by %s\n", where);
	if (n < MAX_PLACES)
		snprintf(said[n++], sizeof(said[0]), "%s", where);
}

/* A worker may end by its own word when a library leaves it no other way. */
static bool
is_good(enum fault_kind kind, int status)
{
	return WIFEXITED(status) && (WEXITSTATUS(status) == 0 ||
	    WEXITSTATUS(status) == CLEAN ||
	    (kind == FAULT_INSIDE && WEXITSTATUS(status) == SG_DNS_LOST));
}

static void
judge(const struct torture *t, enum fault_kind kind, struct job *job,
    int status)
{
	char where[400] = "";

	runs++;
	if (is_good(kind, status))
		return;
	if (WIFEXITED(status) && WEXITSTATUS(status) == CRASH_STATUS &&
	    crash_is_theirs(job->report, where, sizeof(where))) {
		tell_theirs(where);
		return;
	}
	printf("%s: call %u of %s%s: %s %s\n", t->name, job->n,
	    fault_names[kind], job->forever ? " and all behind it" : "",
	    how(status), where);
	tell_words(job->words);
	if (n_jobs > 1 && kind == FAULT_INSIDE && !job->again)
		job->again = true;
	else
		bad++;
}

static void
start(const struct torture *t, enum fault_kind kind, struct job *job)
{
	fflush(NULL);
	job->words = keep_words(kind);
	job->pid = fork();
	if (job->pid < 0) {
		perror("fork");
		exit(2);
	}
	if (job->pid == 0)
		child(t, kind, job);
}

/* Waits for one; true: it went to its end without the planned call. */
static bool
land(const struct torture *t, enum fault_kind kind, struct job *jobs)
{
	int status;
	bool was_again;
	pid_t pid;

	while ((pid = waitpid(-1, &status, 0)) < 0 && errno == EINTR)
		;
	for (struct job *job = jobs; job < jobs + MAX_JOBS; job++) {
		if (job->pid != pid)
			continue;
		was_again = job->again;
		judge(t, kind, job, status);
		if (job->words >= 0)
			close(job->words);
		job->pid = 0;
		if (job->again && !was_again)
			start(t, kind, job);
		else
			job->again = false;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == CLEAN;
}

static struct job *
free_job(struct job *jobs, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (jobs[i].pid == 0)
			return &jobs[i];
	return NULL;
}

static bool
is_one_out(const struct job *jobs)
{
	for (unsigned i = 0; i < MAX_JOBS; i++)
		if (jobs[i].pid != 0)
			return true;
	return false;
}

/* Where deadlines are measured one runs at a time. Behind thousands of calls it
   makes little difference from which one on all fail. */
static void
run_kind(const struct torture *t, enum fault_kind kind)
{
	static struct job jobs[MAX_JOBS];
	unsigned step = kind == FAULT_INSIDE ? t->inside_step : t->step;
	unsigned at_once = kind == FAULT_INSIDE && only_n == 0 ? n_jobs : 1;
	/* How much libraries ask for is not the same in each run, and one that
	   a busy machine held up asks for less. */
	unsigned enough = kind == FAULT_INSIDE ? 2 * at_once + 1 : 1;
	struct job *job;

	if (long_mode || step == 0)
		step = 1;
	else if (SLOW)
		step *= 4;
	for (unsigned i = 0; i < MAX_JOBS; i++)
		jobs[i].report = i;
	for (int forever = 0; forever < 2; forever++) {
		unsigned n = only_n > 0 ? only_n : 1;
		unsigned clean = 0; /* runs in turn that went to their end */
		bool done = false;

		if (forever && kind == FAULT_INSIDE && step < FOREVER_STEP)
			step = FOREVER_STEP;
		while (!done || is_one_out(jobs)) {
			job = done ? NULL : free_job(jobs, at_once);
			if (job == NULL) {
				clean = land(t, kind, jobs) ? clean + 1 : 0;
				done = done || clean >= enough || bad > 20;
				continue;
			}
			job->n = n;
			job->forever = forever != 0;
			start(t, kind, job);
			n += step;
			done = only_n > 0 || n >= MAX_CALLS;
		}
	}
}

/* --- the place ------------------------------------------------------------ */

/* Who dies tidies nothing up: all files of all runs are in one directory. */
static char place[] = "./torture-XXXXXX";

static void
enter_place(void)
{
	if (mkdtemp(place) == NULL || chdir(place) != 0 ||
	    setenv("TMPDIR", ".", 1) != 0) {
		perror(place);
		exit(2);
	}
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void
leave_place(void)
{
	if (chdir("..") == 0)
		(void)nftw(place, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int
torture_main(int argc, char **argv, const struct torture *all, size_t n)
{
	const char *only = NULL;
	int c;

	while ((c = getopt(argc, argv, "lf:j:k:n:")) != -1) {
		if (c == 'l')
			long_mode = true;
		else if (c == 'k')
			only = optarg;
		else if (c == 'f')
			only_kind = optarg;
		else if (c == 'j')
			n_jobs = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'n')
			only_n = (unsigned)strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	if (n_jobs < 1 || n_jobs > MAX_JOBS)
		return 2;
	sg_log_init(SG_LOG_STDERR, SG_LOG_ERR, "torture");
	enter_place();
	fault_setup();
	crash_setup(MAX_JOBS);
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
	leave_place();
	fault_say_inside();
	printf("%lu runs, %lu failed, %lu ended by a library\n", runs, bad,
	    theirs);
	return bad == 0 && runs > 0 ? 0 : 1;
}
