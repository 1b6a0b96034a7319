/* SPDX-License-Identifier: ISC */
/*
 * test_limits.c - who may start how many cold lookups (THREATS T16; S-05).
 */
#include <check.h>
#include <stdlib.h>

#include "engine/limits.h"

#define GROUPS(names) "groups = (" names ")"
#define GROUP(name) "{ name = \"" name "\" }"

static struct sg_limits l;
static struct sg_mono now;

static struct sg_config *
config_of(const char *limits, const char *groups)
{
	struct sg_config_errors errors = { 0 };
	struct sg_config *c = NULL;
	char text[600];

	snprintf(text, sizeof(text), "dns = { trust_anchor_file = \"\" }\n"
	    "limits = { %s }\n%s\n", limits, groups);
	sg_config_parse(text, "test", &c, &errors);
	sg_config_errors_print(&errors, stderr);
	sg_config_errors_fini(&errors);
	ck_assert_ptr_nonnull(c);
	return c;
}

static void
set(const char *limits, const char *groups)
{
	struct sg_config *c = config_of(limits, groups);

	ck_assert_int_eq(sg_limits_set(&l, c, now), SG_OK);
	sg_config_unref(&c);
}

static void
setup(void)
{
	now.ms = 1000000;
}

static void
teardown(void)
{
	sg_limits_fini(&l);
}

/* How many of n lookups may be started. */
static unsigned
take(const char *sender, const char *group, unsigned n)
{
	struct sg_budget by = { sender, group };
	unsigned taken = 0;

	while (n-- > 0)
		taken += sg_limits_take(&l, &by, now);
	return taken;
}

START_TEST(test_total_T16)
{
	set("cold_total = \"5/s\"", "");
	ck_assert_uint_eq(take(NULL, NULL, 9), 5);
	now.ms += 399;
	ck_assert_uint_eq(take(NULL, NULL, 9), 1);
	now.ms += 201;
	ck_assert_uint_eq(take(NULL, NULL, 9), 2);
	now.ms += 3600000; /* an interval's worth, however long it was quiet */
	ck_assert_uint_eq(take(NULL, NULL, 9), 5);
}
END_TEST

START_TEST(test_sender_T16)
{
	set("cold_per_sender = \"6/m\"", "");
	ck_assert_uint_eq(take("login:a", NULL, 9), 6);
	ck_assert_uint_eq(take("login:b", NULL, 3), 3);
	now.ms += 10000;
	ck_assert_uint_eq(take("login:a", NULL, 9), 1);
	ck_assert_uint_eq(take("login:b", NULL, 9), 4);
}
END_TEST

/* However many senders flood a group, the others have what is theirs. */
START_TEST(test_group_T16)
{
	unsigned taken = 0;
	char sender[20];

	set("cold_per_group = \"7/s\" cold_total = \"10/s\"",
	    GROUPS(GROUP("web") "," GROUP("staff")));
	for (unsigned i = 0; i < 500; i++) {
		snprintf(sender, sizeof(sender), "login:%u", i);
		taken += take(sender, "web", 1);
	}
	ck_assert_uint_eq(taken, 7);
	ck_assert_uint_eq(take("login:x", "staff", 9), 3);
	now.ms += 1000;
	ck_assert_uint_eq(take("login:y", "web", 9), 7);
}
END_TEST

/* Where there are no other groups, none is left anything. */
START_TEST(test_only_group)
{
	set("cold_per_group = \"7/s\" cold_total = \"10/s\"", "");
	ck_assert_uint_eq(take(NULL, "default", 20), 10);
	now.ms += 500;
	ck_assert_uint_eq(take(NULL, "default", 20), 5);
	set("cold_per_group = \"2/s\" cold_total = \"10/s\"",
	    GROUPS(GROUP("c")));
	now.ms += 5000;
	ck_assert_uint_eq(take(NULL, "default", 20), 2);
}
END_TEST

/* The default leaves half of the total to the other groups. */
START_TEST(test_default_T16)
{
	set("", GROUPS(GROUP("web")));
	ck_assert_uint_eq(take(NULL, "web", 1000), 100);
	ck_assert_uint_eq(take(NULL, "default", 1000), 100);
	ck_assert_uint_eq(take(NULL, NULL, 1000), 0);
}
END_TEST

static const struct {
	const char *name, *limits;
	const char *spent_sender, *spent_group; /* by whose lookups */
	struct sg_budget by;                    /* who is refused then */
	struct sg_budget other;                 /* who must have his all */
	unsigned has;
} refused[] = {
	{ "by the sender: group and total keep theirs",
	    "cold_per_sender = \"2/m\" cold_per_group = \"4/s\" "
	    "cold_total = \"6/s\"", "s", "web", { "s", "web" },
	    { "t", "web" }, 2 },
	{ "by the sender: the total",
	    "cold_per_sender = \"2/m\" cold_per_group = \"4/s\" "
	    "cold_total = \"6/s\"", "s", "web", { "s", "web" },
	    { NULL, NULL }, 4 },
	{ "by the group: the sender keeps his",
	    "cold_per_sender = \"9/m\" cold_per_group = \"2/s\" "
	    "cold_total = \"20/s\"", NULL, "web", { "s", "web" },
	    { "s", NULL }, 9 },
	{ "by the group: the total",
	    "cold_per_sender = \"9/m\" cold_per_group = \"2/s\" "
	    "cold_total = \"20/s\"", NULL, "web", { "s", "web" },
	    { NULL, NULL }, 18 },
};

/* A lookup that is refused costs nothing. */
START_TEST(test_refused_is_not_counted_T16)
{
	set(refused[_i].limits, GROUPS(GROUP("web")));
	(void)take(refused[_i].spent_sender, refused[_i].spent_group, 2);
	ck_assert_msg(take(refused[_i].by.sender, refused[_i].by.group,
	    50) == 0, "%s: was not refused", refused[_i].name);
	ck_assert_msg(take(refused[_i].other.sender, refused[_i].other.group,
	    50) == refused[_i].has, "%s", refused[_i].name);
}
END_TEST

/* Refused by the total, when it has filled again group and sender have all of
   theirs. */
START_TEST(test_refused_by_total_T16)
{
	set("cold_per_sender = \"3/m\" cold_per_group = \"4/s\" "
	    "cold_total = \"5/s\"", GROUPS(GROUP("web")));
	(void)take(NULL, NULL, 5);
	ck_assert_uint_eq(take("s", "web", 50), 0);
	now.ms += 1000;
	ck_assert_uint_eq(take("s", "web", 50), 3);
	ck_assert_uint_eq(take(NULL, "web", 50), 1);
}
END_TEST

/* A reload gives nobody back what he has spent; what is new is full; what was
   taken out, or never was there, draws on default's. */
START_TEST(test_reload_T16)
{
	const char *limits = "cold_per_sender = \"3/m\" "
	    "cold_per_group = \"4/s\" cold_total = \"50/s\"";

	set(limits, GROUPS(GROUP("a") "," GROUP("b")));
	ck_assert_uint_eq(take(NULL, "a", 3), 3);
	ck_assert_uint_eq(take(NULL, "b", 4), 4);
	ck_assert_uint_eq(take("s", NULL, 9), 3);
	set(limits, GROUPS(GROUP("c") "," GROUP("a")));
	ck_assert_uint_eq(l.n_groups, 3);
	ck_assert_uint_eq(take("s", NULL, 9), 0);
	ck_assert_uint_eq(take(NULL, "a", 9), 1);
	ck_assert_uint_eq(take(NULL, "c", 9), 4);
	ck_assert_uint_eq(take(NULL, "b", 3), 3);
	ck_assert_uint_eq(take(NULL, "default", 9), 1);
	ck_assert_uint_eq(take(NULL, NULL, 90), 50 - 19);
	set("cold_per_group = \"2/s\"", GROUPS(GROUP("c")));
	now.ms += 5000;
	ck_assert_uint_eq(take(NULL, "c", 9), 2); /* the new rate */
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("limits");
	TCase *t = tcase_create("limits");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_only_group);
	tcase_add_test(t, test_total_T16);
	tcase_add_test(t, test_sender_T16);
	tcase_add_test(t, test_group_T16);
	tcase_add_test(t, test_default_T16);
	tcase_add_loop_test(t, test_refused_is_not_counted_T16, 0,
	    (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(t, test_refused_by_total_T16);
	tcase_add_test(t, test_reload_T16);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
