/* SPDX-License-Identifier: ISC */
/*
 * test_disk.c - the process is killed; the file is not ours; the queue of what
 * the disk has yet to take has an end. (THREATS 5.4, T22, T23; K-10.)
 */
#include "store/scratch_sql.h"

#include <signal.h>
#include <sys/wait.h>

#include "store/unwritten.h"

#define DAY 86400

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* --- kill -9 ------------------------------------------------------------- */

#define ROUNDS 50

/* Puts numbered policies, two at a time, and says so after each put. */
static void
put_until_killed(int out, unsigned from)
{
	struct sg_store *s = scratch_store();

	for (;; from += 2) {
		struct sg_facts *f[2];
		char name[32];

		for (unsigned i = 0; i < 2; i++) {
			(void)snprintf(name, sizeof(name), "d%u.test",
			    from + i);
			f[i] = scratch_facts(name, DAY);
		}
		if (sg_store_put(s, f, 2, NULL) != SG_OK ||
		    write(out, &from, sizeof(from)) != sizeof(from))
			_exit(1);
		sg_facts_unref(&f[0]);
		sg_facts_unref(&f[1]);
	}
}

START_TEST(loses_nothing_when_killed) /* K-10 */
{
	unsigned next = 0, from;

	for (int round = 0; round < ROUNDS; round++) {
		unsigned acks = 1 + (unsigned)round % 7;
		struct sg_store *s;
		int p[2], status;
		pid_t pid;

		ck_assert_int_eq(pipe(p), 0);
		ck_assert_int_ge(pid = fork(), 0);
		if (pid == 0) {
			close(p[0]);
			put_until_killed(p[1], next);
		}
		close(p[1]);
		while (acks-- > 0)
			ck_assert(read(p[0], &from, sizeof(from)) ==
			    sizeof(from));
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		/* What it could still say before it died counts too. */
		while (read(p[0], &next, sizeof(next)) == sizeof(next))
			from = next;
		close(p[0]);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFSIGNALED(status));
		next = from + 2;
		s = scratch_store();
		ck_assert_uint_eq(scratch_count_many(s, 0, next), next);
		/* A transaction is there whole or not at all. */
		ck_assert_uint_ne(scratch_count_many(s, next, 2), 1);
		sg_store_close(&s);
	}
	ck_assert_uint_eq(scratch_count("corrupt"), 0);
}
END_TEST

/* --- refused at the start ------------------------------------------------ */

static void symbolic_link(void)
{
	ck_assert_int_eq(symlink("elsewhere.db", scratch_db), 0);
}
static void dangling_to_file(void)
{
	char other[128];
	int fd;

	(void)snprintf(other, sizeof(other), "%s/other.db", scratch_dir);
	fd = open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(symlink("other.db", scratch_db), 0);
}
static void newer_schema(void)
{
	struct sg_store *s = scratch_store();

	sg_store_close(&s);
	scratch_sql("PRAGMA user_version = 99");
}
static void foreign(void) { scratch_sql("CREATE TABLE bookmarks (url TEXT)"); }
static void directory(void) { ck_assert_int_eq(mkdir(scratch_db, 0700), 0); }
static void fifo(void) { ck_assert_int_eq(mkfifo(scratch_db, 0600), 0); }
static void no_directory(void)
{
	(void)snprintf(scratch_db, sizeof(scratch_db), "%s/not/facts.db",
	    scratch_dir);
}
static void file_for_directory(void)
{
	char file[128];
	int fd;

	(void)snprintf(file, sizeof(file), "%s/file", scratch_dir);
	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	(void)snprintf(scratch_db, sizeof(scratch_db), "%s/file/facts.db",
	    scratch_dir);
}

static const struct {
	const char *name;
	void (*prepare)(void);
	const char *want; /* in the error's text */
} refusals[] = {
	{ "T23 symbolic link to nothing", symbolic_link, "symbolic link" },
	{ "T23 symbolic link to a file", dangling_to_file, "symbolic link" },
	{ "newer schema", newer_schema, "newer stsgate" },
	{ "another program's database", foreign, "not a store" },
	{ "a directory", directory, "irectory" },
	{ "a FIFO", fifo, "regular" },
	{ "no directory", no_directory, "No such file" },
	{ "a file for a directory", file_for_directory, "Not a directory" },
};

START_TEST(refuses)
{
	struct sg_err err = { .text = "" };
	struct sg_store *s = NULL;
	enum sg_rc rc;

	refusals[_i].prepare();
	rc = scratch_open(scratch_db, 0, &s, &err);
	ck_assert_msg(rc == SG_BAD && strstr(err.text, refusals[_i].want) !=
		NULL,
	    "%s: got %d, %s, want %s", refusals[_i].name, rc, err.text,
	    refusals[_i].want);
	ck_assert_ptr_null(s);
	ck_assert_uint_eq(scratch_count("corrupt"), 0);
	(void)rmdir(scratch_db);
}
END_TEST

START_TEST(tightens_the_mode) /* T22 */
{
	struct sg_store *s;
	struct stat st;
	int fd = open(scratch_db, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchmod(fd, 0644), 0);
	close(fd);
	s = scratch_store();
	ck_assert(scratch_put(s, "good.test", DAY) == SG_OK);
	for (int i = 0; i < 3; i++) {
		static const char *const ends[] = { "", "-wal", "-shm" };
		char path[128];

		(void)snprintf(path, sizeof(path), "%s%s", scratch_db, ends[i]);
		ck_assert_int_eq(stat(path, &st), 0);
		ck_assert_msg((st.st_mode & 0777) == 0600, "%s: %o", path,
		    (unsigned)st.st_mode);
	}
	sg_store_close(&s);
}
END_TEST

START_TEST(follows_links_to_the_directory) /* systemd's DynamicUser */
{
	struct sg_store *s;
	char link[80];

	(void)snprintf(link, sizeof(link), "%s-link", scratch_dir);
	ck_assert_int_eq(symlink(scratch_dir, link), 0);
	(void)snprintf(scratch_db, sizeof(scratch_db), "%s/facts.db", link);
	s = scratch_store();
	ck_assert(scratch_put(s, "good.test", DAY) == SG_OK);
	sg_store_close(&s);
	ck_assert_int_eq(unlink(link), 0);
}
END_TEST

/* --- the queue ----------------------------------------------------------- */

START_TEST(bounds_the_queue)
{
	struct sg_unwritten u = { .n = 0 };
	struct sg_wall now = scratch_now();
	struct sg_facts *policy = scratch_facts("p.test", DAY);
	struct sg_facts *none = scratch_facts("n.test", 0), *got;
	char key[32];

	for (unsigned i = 0; i < SG_UNWRITTEN_MAX; i++) {
		(void)snprintf(key, sizeof(key), "d%u.test", i);
		sg_unwritten_add(&u, key, i % 2 ? policy : none, now);
	}
	sg_unwritten_add(&u, "d0.test", none, now); /* replaced: now last */
	ck_assert_uint_eq(u.n, SG_UNWRITTEN_MAX);
	ck_assert_uint_eq(u.dropped, 0);
	for (unsigned i = 0; i < 500; i++) {
		(void)snprintf(key, sizeof(key), "p%u.test", i);
		sg_unwritten_add(&u, key, policy, now);
	}
	ck_assert_uint_eq(u.n, SG_UNWRITTEN_MAX);
	ck_assert_uint_eq(u.dropped, 500);
	/* All without a policy are gone, no policy is. */
	ck_assert(!sg_unwritten_find(&u, "d2.test", &got));
	ck_assert(!sg_unwritten_find(&u, "d0.test", &got));
	ck_assert(sg_unwritten_find(&u, "d1.test", &got) && got == policy);
	sg_facts_unref(&got);
	/* Then the oldest goes; deletions are not dropped before it. */
	sg_unwritten_add(&u, "gone.test", NULL, now);
	ck_assert(!sg_unwritten_find(&u, "d1.test", &got));
	ck_assert(sg_unwritten_find(&u, "gone.test", &got) && got == NULL);
	sg_unwritten_drop(&u, SG_UNWRITTEN_MAX + 5);
	ck_assert_uint_eq(u.n, 0);
	ck_assert_ptr_null(u.table);
	ck_assert_uint_eq(policy->refs, 1);
	ck_assert_uint_eq(none->refs, 1);
	sg_facts_unref(&policy);
	sg_facts_unref(&none);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("disk");
	TCase *t = tcase_create("disk");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, scratch_make, scratch_remove);
	tcase_add_test(t, loses_nothing_when_killed);
	tcase_add_loop_test(t, refuses, 0, N(refusals));
	tcase_add_test(t, tightens_the_mode);
	tcase_add_test(t, follows_links_to_the_directory);
	tcase_add_test(t, bounds_the_queue);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
