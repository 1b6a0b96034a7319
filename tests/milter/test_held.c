/* SPDX-License-Identifier: ISC */
/* test_held.c - reading what MTAs say of their queues. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "held.h"

/* --- Postfix -------------------------------------------------------------------- */

#define HOLD(id, from, to) "{\"queue_name\": \"hold\", \"queue_id\": \"" id \
	"\", \"sender\": \"" from "\", \"recipients\": [" to "]}\n"
#define TO(a) "{\"address\": \"" a "\"}"

START_TEST(test_postqueue)
{
	static const char text[] =
	    HOLD("4A", "a@x.test", TO("b@y.test") "," TO("c@z.test"))
	    "{\"queue_name\": \"active\", \"queue_id\": \"4B\"}\n"
	    HOLD("4C", "MAILER-DAEMON", TO("d@y.test"));
	struct sg_held_list list = { 0 };
	struct sg_err err;

	ck_assert_int_eq(sg_held_parse_postqueue(text, &list, &err), SG_OK);
	ck_assert_uint_eq(list.n, 2);
	ck_assert_str_eq(list.message[0].id, "4A");
	ck_assert_str_eq(list.message[0].sender, "a@x.test");
	ck_assert_uint_eq(list.message[0].n_to, 2);
	ck_assert_str_eq(list.message[0].to[1], "c@z.test");
	ck_assert_str_eq(list.message[1].sender, "");
	sg_held_list_fini(&list);
}
END_TEST

static const char *const bad_postqueue[] = { "x\n", "[]\n", "{}\n",
	"{\"queue_name\":\"hold\"}\n",
	"{\"queue_name\":\"hold\",\"queue_id\":7}\n",
	HOLD("1234567890123456789012345678901234567890123456789012345678901234",
	    "a@x.test", ""),
	"{\"queue_name\":\"hold\",\"queue_id\":\"4A\",\"recipients\":[7]}\n" };

START_TEST(test_bad_postqueue)
{
	struct sg_held_list list = { 0 };
	struct sg_err err;

	ck_assert_int_eq(sg_held_parse_postqueue(bad_postqueue[_i], &list,
	    &err), SG_BAD);
	sg_held_list_fini(&list);
}
END_TEST

static const struct {
	const char *name, *head;
	enum sg_rc want;
	const char *group;
} heads[] = {
	{ "held", "X-Stsgate: result=fail; action=hold; group=g; id=1\n\n",
	    SG_OK, "g" },
	{ "a local submission that was deferred",
	    "Received: x\nX-Stsgate: result=fail; action=defer; group=g2\n",
	    SG_OK, "g2" },
	{ "tagged, held by somebody else",
	    "X-Stsgate: result=fail; action=tag; group=g\n", SG_NONE, "g" },
	{ "a dry run", "X-Stsgate: action=hold; group=g; dry_run=1\n",
	    SG_NONE, "g" },
	{ "no field of ours", "Subject: action=hold\n", SG_NONE, "" },
	{ "in the body", "Subject: x\n\nX-Stsgate: action=hold; group=g\n",
	    SG_NONE, "" },
	{ "a longer name", "X-Stsgate-Not: action=hold\n", SG_NONE, "" },
	{ "part of a word", "X-Stsgate: action=holdup; group=g\n", SG_NONE,
	    "g" },
	{ "an endless group", "X-Stsgate: action=hold; group="
	    "gggggggggggggggggggggggggggggggggggggggggggggggggggg\n", SG_OK,
	    "" },
	{ "nothing", "", SG_NONE, "" },
};

START_TEST(test_head)
{
	char group[40] = "";

	ck_assert_msg(sg_held_parse_head(heads[_i].head, group) ==
	    heads[_i].want, "%s", heads[_i].name);
	ck_assert_str_eq(group, heads[_i].group);
}
END_TEST

/* --- Sendmail -------------------------------------------------------------------- */

static const char mailq[] =
    "\t\t/var/spool/mqueue (3 requests)\n"
    "-----Q-ID----- --Size-- -----Q-Time----- ----Sender/Recipient-----------\n"
    "6ARHWYCG000416        6 Fri Nov 27 17:32 <alice@hold.example>\n"
    "     QUARANTINE: stsgate: mx-mismatch for forged.test [38ba35e2]\n"
    "\t\t\t\t\t <bob@forged.test>\n"
    "\t\t\t\t\t <ann@unsigned.test>\n"
    "6ARHWYCG000417*      12 Fri Nov 27 17:33 <eve@x.example>\n"
    "     QUARANTINE: virus\n"
    "\t\t\t\t\t <bob@y.test>\n"
    "6ARHWYCG000418-      12 Fri Nov 27 17:34 <>\n"
    "     QUARANTINE: stsgate: timeout for z.test [00000001]\n"
    "                 (Deferred: Connection refused)\n"
    "\t\t\t\t\t <\"x>y\"@z.test>\n"
    "\t\tTotal requests: 3\n";

START_TEST(test_mailq)
{
	struct sg_held_list list = { 0 };
	struct sg_err err;

	ck_assert_int_eq(sg_held_parse_mailq(mailq, &list, &err), SG_OK);
	ck_assert_uint_eq(list.n, 2);
	ck_assert_str_eq(list.message[0].id, "6ARHWYCG000416");
	ck_assert_str_eq(list.message[0].sender, "alice@hold.example");
	ck_assert_uint_eq(list.message[0].n_to, 2);
	ck_assert_str_eq(list.message[0].to[0], "bob@forged.test");
	ck_assert_str_eq(list.message[1].id, "6ARHWYCG000418");
	ck_assert_str_eq(list.message[1].sender, "");
	ck_assert_uint_eq(list.message[1].n_to, 1);
	ck_assert_str_eq(list.message[1].to[0], "\"x>y\"@z.test");
	sg_held_list_fini(&list);
}
END_TEST

/* Cut anywhere: no crash, and nothing that is not there. */
START_TEST(test_mailq_cut)
{
	struct sg_err err;

	for (size_t i = 0; i < sizeof(mailq); i++) {
		struct sg_held_list list = { 0 };
		char *text = strndup(mailq, i);

		(void)sg_held_parse_mailq(text, &list, &err);
		ck_assert_uint_le(list.n, 2);
		sg_held_list_fini(&list);
		free(text);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("milter: held");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_postqueue);
	tcase_add_loop_test(t, test_bad_postqueue, 0,
	    sizeof(bad_postqueue) / sizeof(bad_postqueue[0]));
	tcase_add_loop_test(t, test_head, 0,
	    sizeof(heads) / sizeof(heads[0]));
	tcase_add_test(t, test_mailq);
	tcase_add_test(t, test_mailq_cut);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
