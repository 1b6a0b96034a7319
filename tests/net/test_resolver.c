/* SPDX-License-Identifier: ISC */
/*
 * Does libunbound have every setting of THREATS 2.3, in each mode?
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "net/resolver.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static char empty[] = "";

enum mode { ANY, FORWARD, RECURSIVE };
static const struct setting_case {
	enum mode mode;
	const char *name, *want; /* a line of the value */
} setting_cases[] = {
	{ ANY, "outgoing-num-tcp", "128" },
	{ FORWARD, "msg-cache-size", "16777216" },
	{ FORWARD, "rrset-cache-size", "33554432" },
	{ RECURSIVE, "key-cache-size", "8388608" },
	{ ANY, "edns-buffer-size", "1232" },
	{ ANY, "max-udp-size", "1232" },
	{ ANY, "infra-cache-min-rtt", "400" },
	{ ANY, "infra-cache-max-rtt", "3000" },
	{ ANY, "infra-host-ttl", "30" },
	{ ANY, "infra-keep-probing", "yes" },
	{ ANY, "outbound-msg-retry", "3" },
	{ ANY, "jostle-timeout", "200" },
	{ ANY, "val-bogus-ttl", "30" },
	{ ANY, "val-max-restart", "5" },
	{ ANY, "harden-glue", "yes" },
	{ ANY, "harden-dnssec-stripped", "yes" },
	{ ANY, "harden-below-nxdomain", "yes" },
	{ ANY, "qname-minimisation", "yes" },
	{ ANY, "serve-expired", "no" },
	{ ANY, "unwanted-reply-threshold", "0" },
	{ FORWARD, "do-not-query-localhost", "no" },
	{ FORWARD, "cache-max-negative-ttl", "300" },
	{ RECURSIVE, "do-not-query-localhost", "yes" },
	{ RECURSIVE, "do-not-query-address", "10.0.0.0/8" },
	{ RECURSIVE, "do-not-query-address", "172.16.0.0/12" },
	{ RECURSIVE, "do-not-query-address", "192.168.0.0/16" },
	{ RECURSIVE, "do-not-query-address", "169.254.0.0/16" },
	{ RECURSIVE, "do-not-query-address", "fc00::/7" },
	{ RECURSIVE, "do-not-query-address", "fe80::/10" },
};

static bool
has_line(const char *text, const char *want)
{
	size_t len = strlen(want);

	for (; text != NULL; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, want, len) == 0 &&
		    (text[len] == '\0' || text[len] == '\n'))
			return (true);
	}
	return (false);
}

START_TEST(test_setting)
{
	const struct setting_case *c = &setting_cases[_i];
	struct sg_dns_server forward = { .port = 53 };
	struct sg_config config = { .trust_anchor_file = empty };
	struct sg_resolver_params p = { &config, false, event_base_new() };
	struct sg_err err = { 0 };
	struct ub_ctx *ctx;
	char *got = NULL;

	config.dns_recursive = c->mode == RECURSIVE;
	ck_assert_int_eq(sg_addr_parse("127.0.0.1", &forward.addr), SG_OK);
	config.dns_servers = &forward;
	config.n_dns_servers = config.dns_recursive ? 0 : 1;
	ck_assert_msg(sg_resolver_open(&p, &ctx, &err) == SG_OK, "%s",
	    err.text);
	ck_assert_int_eq(ub_ctx_get_option(ctx, c->name, &got), 0);
	ck_assert_msg(has_line(got, c->want), "%s: got \"%s\", want \"%s\"",
	    c->name, got, c->want);
	free(got);
	ub_ctx_delete(ctx);
	event_base_free(p.base);
}
END_TEST

START_TEST(test_servers)
{
	struct sg_config config = { .trust_anchor_file = empty };
	struct sg_resolver_params p = { &config, false, event_base_new() };
	struct sg_dns_server six = { .port = 5353 };
	char no_name[] = "a..b", *zones[] = { no_name };
	struct sg_err err = { 0 };
	struct ub_ctx *ctx;

	ck_assert_int_eq(sg_addr_parse("::1", &six.addr), SG_OK);
	config.dns_servers = &six;
	config.n_dns_servers = 1;
	ck_assert_msg(sg_resolver_open(&p, &ctx, &err) == SG_OK, "IPv6: %s",
	    err.text);
	ub_ctx_delete(ctx);
	/* What libunbound refuses is not passed over. */
	p.anchored = true;
	config.insecure_zones = zones;
	config.n_insecure_zones = 1;
	ck_assert_int_eq(sg_resolver_open(&p, &ctx, &err), SG_BAD);
	ck_assert_ptr_null(ctx);
	ck_assert_str_ne(err.text, "");
	event_base_free(p.base);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("resolver");
	TCase *tc = tcase_create("resolver");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, test_setting, 0, (int)N(setting_cases));
	tcase_add_test(tc, test_servers);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
