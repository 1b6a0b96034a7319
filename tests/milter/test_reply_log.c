/* SPDX-License-Identifier: ISC */
/* test_reply_log.c - the header field and the log line, word for word. */
#include "milter/told.h"

START_TEST(test_header)
{
	static const struct {
		enum sg_result result;
		enum sg_reason reason;
		enum sg_level required;
		enum sg_action action;
		bool dry_run;
		unsigned a, b;
		const char *want;
	} r[] = {
		{ SG_RESULT_FAIL, SG_REASON_CERT_EXPIRED, SG_LEVEL_SECURE,
		    SG_ACTION_TAG, false, 1, 3,
		    "result=fail; reason=certificate-expired; "
		    "required=secure; action=tag; group=finance; "
		    "recipients=1/3; id=4f3a9c21" },
		{ SG_RESULT_UNKNOWN, SG_REASON_DNS_ERROR, SG_LEVEL_NONE,
		    SG_ACTION_DEFER, true, 2, 2,
		    "result=unknown; reason=dns-error; required=none; "
		    "action=defer; group=finance; recipients=2/2; "
		    "id=4f3a9c21; dry_run=1" },
		{ SG_RESULT_NOT_APPLICABLE, SG_REASON_NULL_MX, SG_LEVEL_DANE,
		    SG_ACTION_ACCEPT, false, 1, 1000,
		    "result=not-applicable; reason=null-mx; required=dane; "
		    "action=accept; group=finance; recipients=1/1000; "
		    "id=4f3a9c21" },
	};
	struct sg_header h = { .worst = &told, .id = "4f3a9c21",
		.group = "finance" };
	char got[300];

	for (size_t i = 0; i < N(r); i++) {
		verdict = (struct sg_verdict) { .result = r[i].result,
			.reason = r[i].reason, .required = r[i].required,
			.mx = "mx.good.test" };
		decision.action = r[i].action;
		decision.applied = SG_ACTION_TAG;
		asked.dry_run = r[i].dry_run;
		h.not_passed = r[i].a;
		h.accepted = r[i].b;
		sg_reply_header(&h, got, sizeof(got));
		ck_assert_str_eq(got, r[i].want);
		/* Bcc: never a recipient's domain */
		ck_assert_ptr_null(strstr(got, "good.test"));
	}
	sg_reply_header(&h, got, 12);
	ck_assert_str_eq(got, "result=not-");
}
END_TEST

/* What delivery must keep stands before the id, on a clean pass too. */
START_TEST(test_header_with_route)
{
	struct sg_header h = { .accepted = 3, .route = SG_LEVEL_SECURE,
		.id = "4f3a9c21", .group = "finance" };
	char got[300];

	sg_reply_header(&h, got, sizeof(got));
	ck_assert_str_eq(got, "result=pass; required=secure; action=accept; "
	    "group=finance; recipients=0/3; route=secure; id=4f3a9c21");
	verdict = (struct sg_verdict) { .result = SG_RESULT_UNKNOWN,
		.reason = SG_REASON_TIMEOUT, .required = SG_LEVEL_ENCRYPT };
	h.worst = &told;
	h.not_passed = 1;
	h.route = SG_LEVEL_ENCRYPT;
	sg_reply_header(&h, got, sizeof(got));
	ck_assert_str_eq(got, "result=unknown; reason=timeout; "
	    "required=encrypt; action=accept; group=finance; recipients=1/3; "
	    "route=encrypt; id=4f3a9c21");
}
END_TEST

/* The whole line. */
START_TEST(test_log)
{
	char got[800];

	facts.sts.txt.state = SG_TXT_RECORD;
	snprintf(facts.sts.policy_id, sizeof(facts.sts.policy_id),
	    "20261123");
	told.facts = &facts;
	told.qid = "4Xb2Yz1kq";
	verdict = (struct sg_verdict) { .result = SG_RESULT_FAIL,
		.reason = SG_REASON_CERT_EXPIRED, .has_policy = true,
		.sts_mode = SG_STS_MODE_ENFORCE, .required = SG_LEVEL_SECURE,
		.attained = SG_LEVEL_ENCRYPT, .mx = "mx.good.test" };
	decision = (struct sg_decision) { .action = SG_ACTION_DEFER,
		.applied = SG_ACTION_TAG };
	asked.dry_run = true;
	sg_reply_log(&told, got, sizeof(got));
	ck_assert_str_eq(got, "id=4f3a9c21 qid=4Xb2Yz1kq group=finance "
	    "next_hop=good.test policy=sts mode=enforce policy_id=20261123 "
	    "required=secure attained=encrypt result=fail "
	    "reason=certificate-expired mx=mx.good.test action=defer "
	    "applied=tag dry_run=1 source=memory ms=0.08");
}
END_TEST

/* What is absent is "-"; nothing is known. */
START_TEST(test_log_absent)
{
	char got[800];

	verdict = (struct sg_verdict) { .result = SG_RESULT_PASS, .mx = "" };
	told.next_hop = "";
	told.source = "none";
	told.ms = 8000;
	sg_reply_log(&told, got, sizeof(got));
	ck_assert_str_eq(got, "id=4f3a9c21 qid=- group=finance next_hop=- "
	    "policy=unknown mode=- policy_id=- required=none attained=none "
	    "result=pass reason=- mx=- action=accept applied=accept "
	    "dry_run=0 source=none ms=8000.00");
}
END_TEST

/* policy=, mode= and policy_id= by what is known. */
static const struct {
	const char *name;
	bool facts, has_policy, has_dane;
	enum sg_sts_mode mode;
	enum sg_txt_state txt;
	const char *id, *want;
} policy_rows[] = {
	{ "no facts", false, false, false, SG_STS_MODE_NONE, SG_TXT_NONE, "",
	    " policy=unknown mode=- policy_id=- " },
	{ "none", true, false, false, SG_STS_MODE_NONE, SG_TXT_NONE, "old",
	    " policy=none mode=- policy_id=- " },
	{ "invalid", true, false, false, SG_STS_MODE_NONE, SG_TXT_INVALID,
	    "", " policy=none mode=- policy_id=- " },
	{ "TXT failed", true, false, false, SG_STS_MODE_NONE, SG_TXT_ERROR,
	    "", " policy=unknown mode=- policy_id=- " },
	{ "fetch failed", true, false, false, SG_STS_MODE_NONE,
	    SG_TXT_RECORD, "", " policy=unknown mode=- policy_id=- " },
	{ "not asked", true, false, false, SG_STS_MODE_NONE, SG_TXT_UNASKED,
	    "", " policy=unknown mode=- policy_id=- " },
	{ "bogus", true, false, false, SG_STS_MODE_NONE, SG_TXT_BOGUS, "",
	    " policy=unknown mode=- policy_id=- " },
	{ "dane, TXT failed", true, false, true, SG_STS_MODE_NONE,
	    SG_TXT_ERROR, "", " policy=dane mode=- policy_id=- " },
	{ "testing", true, true, false, SG_STS_MODE_TESTING, SG_TXT_RECORD,
	    "a1", " policy=sts mode=testing policy_id=a1 " },
	{ "mode none", true, true, false, SG_STS_MODE_NONE, SG_TXT_RECORD,
	    "a1", " policy=sts mode=none policy_id=a1 " },
	{ "cached, TXT gone", true, true, false, SG_STS_MODE_ENFORCE,
	    SG_TXT_NONE, "a1", " policy=sts mode=enforce policy_id=a1 " },
	{ "both", true, true, true, SG_STS_MODE_ENFORCE, SG_TXT_RECORD, "a1",
	    " policy=sts+dane mode=enforce policy_id=a1 " },
	{ "a policy without an id", true, true, false, SG_STS_MODE_ENFORCE,
	    SG_TXT_NONE, "", " policy=sts mode=enforce policy_id=- " },
};

START_TEST(test_log_policy)
{
	char got[800];

	verdict = (struct sg_verdict) { .mx = "",
		.has_policy = policy_rows[_i].has_policy,
		.has_dane = policy_rows[_i].has_dane,
		.sts_mode = policy_rows[_i].mode };
	facts.sts.txt.state = policy_rows[_i].txt;
	snprintf(facts.sts.policy_id, sizeof(facts.sts.policy_id), "%s",
	    policy_rows[_i].id);
	told.facts = policy_rows[_i].facts ? &facts : NULL;
	sg_reply_log(&told, got, sizeof(got));
	ck_assert_msg(strstr(got, policy_rows[_i].want) != NULL,
	    "%s: got \"%s\"", policy_rows[_i].name, got);
}
END_TEST

/* Only when it is given; last, and whatever it holds, one line. */
START_TEST(test_log_recipient)
{
	char got[800], small[300];
	size_t n;

	verdict = (struct sg_verdict) { .mx = "" };
	sg_reply_log(&told, got, sizeof(got));
	ck_assert_ptr_null(strstr(got, "recipient="));
	n = strlen(got);
	told.recipient = "bob@good.test";
	sg_reply_log(&told, got, sizeof(got));
	ck_assert_str_eq(got + n, " recipient=bob@good.test");
	told.recipient = "a\r\nid=0 b\xc3\xbc@good.test";
	sg_reply_log(&told, got, sizeof(got));
	ck_assert_ptr_nonnull(strstr(got, " recipient=a\\x"));
	ck_assert_msg(is_clean(got, '\n'), "got \"%s\"", got);
	/* no room for it: left out, or cut, never overrun */
	for (size_t size = 1; size <= sizeof(small); size++) {
		memset(small, 0x7e, sizeof(small));
		sg_reply_log(&told, small, size);
		ck_assert_uint_lt(strlen(small), size);
		ck_assert(size == sizeof(small) || small[size] == 0x7e);
		ck_assert_int_eq(strncmp(small, got, n < size ? n : size - 1),
		    0);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("reply: log");
	TCase *t = tcase_create("reply");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_test(t, test_header);
	tcase_add_test(t, test_header_with_route);
	tcase_add_test(t, test_log);
	tcase_add_test(t, test_log_absent);
	tcase_add_loop_test(t, test_log_policy, 0, (int)N(policy_rows));
	tcase_add_test(t, test_log_recipient);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
