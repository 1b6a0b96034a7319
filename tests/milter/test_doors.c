/* SPDX-License-Identifier: ISC */
/*
 * test_doors.c - the daemon's listening sockets: all of them or none, with the
 * rights that each must have (THREATS T23), and in an order that survives
 * being handed over.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <arpa/inet.h>
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doors.h"

static char dir[32];
static const struct sg_identity stay = { .change = false };

static void
make(void)
{
	snprintf(dir, sizeof(dir), "/tmp/sg-doors-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void
remove_all(void)
{
	char sub[64];
	DIR *d;
	struct dirent *e;

	for (int i = 0; i < 2; i++) {
		snprintf(sub, sizeof(sub), "%s%s", dir, i == 0 ? "/run" : "");
		d = opendir(sub);
		while (d != NULL && (e = readdir(d)) != NULL)
			(void)unlinkat(dirfd(d), e->d_name, 0);
		if (d != NULL)
			closedir(d);
		(void)rmdir(sub);
	}
}

static struct sg_config *
config_of(const char *maps, const char *metrics)
{
	struct sg_config_errors errors = { 0 };
	struct sg_config *c = NULL;
	char text[1000];

	snprintf(text, sizeof(text), "dns = { trust_anchor_file = \"\" }\n"
	    "milter_socket = \"unix:%s/run/milter.sock\"\n"
	    "control_socket = \"%s/run/control.sock\"\n"
	    "tlsmap_listen = [%s]\nmetrics_listen = \"%s\"\n"
	    "socket_group = \"\"\n", dir, dir, maps, metrics);
	if (sg_config_parse(text, "test", &c, &errors) != SG_OK) {
		sg_config_errors_print(&errors, stderr);
		ck_abort_msg("configuration");
	}
	return c;
}

static struct sg_config *
config_with_map(void)
{
	char maps[100];

	snprintf(maps, sizeof(maps), "\"unix:%s/run/map.sock\"", dir);
	return config_of(maps, "");
}

static bool
answers(const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	bool yes;

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/run/%s", dir, name);
	yes = connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
	close(fd);
	return yes;
}

static unsigned
mode_of(const char *name)
{
	char path[100];
	struct stat st;

	snprintf(path, sizeof(path), "%s/run/%s", dir, name);
	return stat(path, &st) == 0 ? st.st_mode & 0777 : 0;
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	return ntohs(a.sin_port);
}

START_TEST(opens_all)
{
	struct sg_config *c = config_with_map();
	struct sg_doors d;
	struct sg_err err = { .text = "" };

	ck_assert_msg(sg_doors_open(c, &stay, &d, &err) == SG_OK, "%s",
	    err.text);
	ck_assert(answers("milter.sock"));
	ck_assert(answers("control.sock"));
	ck_assert(answers("map.sock"));
	/* T23: the group's, but control is its owner's alone */
	ck_assert_int_eq(mode_of("milter.sock"), 0660);
	ck_assert_int_eq(mode_of("map.sock"), 0660);
	ck_assert_int_eq(mode_of("control.sock"), 0600);
	ck_assert_int_eq(d.metrics, -1);
	ck_assert_int_eq(d.n_tlsmap, 1);
	sg_doors_close(&d, c);
	ck_assert_int_eq(d.milter, -1);
	ck_assert_int_eq(mode_of("milter.sock"), 0);
	ck_assert_int_eq(mode_of("map.sock"), 0);
	ck_assert_int_eq(mode_of("control.sock"), 0);
	sg_config_unref(&c);
}
END_TEST

START_TEST(opens_none_if_not_all)
{
	struct sg_config *c;
	struct sg_doors d;
	struct sg_err err = { .text = "" };
	char maps[200];

	snprintf(maps, sizeof(maps), "\"unix:%s/run/map.sock\", "
	    "\"unix:%s/no/such/dir/map.sock\"", dir, dir);
	c = config_of(maps, "");
	ck_assert_int_eq(sg_doors_open(c, &stay, &d, &err), SG_BAD);
	ck_assert(err.text[0] != '\0');
	ck_assert_int_eq(d.milter, -1);
	ck_assert_int_eq(mode_of("milter.sock"), 0);
	ck_assert_int_eq(mode_of("map.sock"), 0);
	sg_config_unref(&c);
}
END_TEST

START_TEST(replaces_what_is_stale)
{
	struct sg_config *c = config_with_map();
	struct sg_doors d, again;
	struct sg_err err = { .text = "" };

	ck_assert_int_eq(sg_doors_open(c, &stay, &d, &err), SG_OK);
	/* somebody serves it: not taken from him */
	ck_assert_int_eq(sg_doors_open(c, &stay, &again, &err), SG_BAD);
	ck_assert(answers("map.sock"));
	/* he died without cleaning up */
	close(d.milter);
	close(d.control);
	close(d.tlsmap[0]);
	ck_assert_msg(sg_doors_open(c, &stay, &again, &err) == SG_OK, "%s",
	    err.text);
	ck_assert(answers("map.sock"));
	sg_doors_close(&again, c);
	sg_config_unref(&c);
}
END_TEST

/* What is listed and moved is the same door afterwards. */
START_TEST(moves)
{
	int list[SG_DOORS_MAX], moved[SG_DOORS_MAX];
	struct sg_config *c;
	struct sg_doors d, before;
	struct sg_err err = { .text = "" };
	char maps[200], metrics[40];
	uint16_t port;
	unsigned n;

	/* another test of this kind may run; the system gives out ports from
	   32768 on */
	port = (uint16_t)(20000 + getpid() % 3000 * 4);
	snprintf(maps, sizeof(maps), "\"unix:%s/run/map.sock\", "
	    "\"inet:%u@127.0.0.1\", \"inet:%u@127.0.0.1\"", dir, port,
	    port + 1u);
	snprintf(metrics, sizeof(metrics), "127.0.0.1:%u", port + 2u);
	c = config_of(maps, metrics);
	ck_assert_msg(sg_doors_open(c, &stay, &d, &err) == SG_OK, "%s",
	    err.text);
	before = d;
	n = sg_doors_list(&d, list);
	ck_assert_int_eq(n, 6);
	for (unsigned i = 0; i < n; i++)
		moved[i] = dup(list[i]);
	sg_doors_moved(&d, moved);
	ck_assert_int_ne(d.milter, before.milter);
	ck_assert_int_eq(d.n_tlsmap, 3);
	ck_assert_int_eq(port_of(d.tlsmap[1]), port);
	ck_assert_int_eq(port_of(d.tlsmap[2]), port + 1);
	ck_assert_int_eq(port_of(d.metrics), port + 2);
	for (unsigned i = 0; i < n; i++)
		close(list[i]);
	ck_assert(answers("milter.sock"));
	ck_assert(answers("map.sock"));
	sg_doors_close(&d, c);
	sg_config_unref(&c);
}
END_TEST

START_TEST(no_map)
{
	int list[SG_DOORS_MAX];
	struct sg_config *c = config_of("", "");
	struct sg_doors d;
	struct sg_err err = { .text = "" };

	ck_assert_int_eq(sg_doors_open(c, &stay, &d, &err), SG_OK);
	ck_assert_int_eq(d.n_tlsmap, 0);
	ck_assert_int_eq(sg_doors_list(&d, list), 2);
	sg_doors_close(&d, c);
	sg_config_unref(&c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("doors");
	TCase *t = tcase_create("doors");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, make, remove_all);
	tcase_add_test(t, opens_all);
	tcase_add_test(t, opens_none_if_not_all);
	tcase_add_test(t, replaces_what_is_stale);
	tcase_add_test(t, moves);
	tcase_add_test(t, no_map);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
