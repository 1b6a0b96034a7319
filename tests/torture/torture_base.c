/* SPDX-License-Identifier: ISC */
/*
 * torture_base.c - parsers, facts and configuration when memory, or a file,
 * is not to be had. "No memory" is "could not look", never "unfit" and never
 * "there is none"; what was known stays known.
 */
#include <sys/wait.h>
#include <string.h>
#include <unistd.h>
#include "config/config.h"
#include "facts/codec.h"
#include "facts/facts.h"
#include "policy/tlsrpt_record.h"
#include "torture/torture.h"

#define NOW 1795000000
#define POLICY "version: STSv1\nmode: enforce\nmx: mx.good.test\n" \
	"mx: *.good.test\nmax_age: 604800\n"

static const struct sg_wall now = { NOW };

static void
policy(void)
{
	struct sg_sts_policy *p = NULL;
	struct sg_err err;
	enum sg_rc rc;

	fault_arm();
	rc = sg_sts_policy_parse(POLICY, strlen(POLICY), &p, NULL, &err);
	fault_disarm();
	torture_hold(rc == SG_OK || rc == SG_RETRY);
	torture_hold((rc == SG_OK) == (p != NULL));
	torture_hold(p == NULL || p->n_mx == 2);
	sg_sts_policy_free(&p);
}

static void
tlsrpt(void)
{
	static const char text[] =
	    "v=TLSRPTv1; rua=mailto:a@b.test,https://c.test/x,mailto:d@e.test";
	struct sg_tlsrpt t = { .n_rua = 0 };
	enum sg_rc rc;

	fault_arm();
	rc = sg_tlsrpt_parse((struct sg_txt) { text, sizeof(text) - 1 }, &t,
	    NULL);
	fault_disarm();
	torture_hold(rc == SG_OK || rc == SG_RETRY || rc == SG_BAD);
	torture_hold(rc != SG_OK || t.n_rua == 3);
	if (rc == SG_OK)
		sg_tlsrpt_fini(&t);
}

static struct sg_facts *
known(void)
{
	struct sg_nexthop hop = { .name = "good.test", .port = 25 };
	struct sg_facts *f = sg_facts_new(&hop);

	torture_hold(f != NULL);
	torture_hold(sg_facts_set_policy(f, POLICY, strlen(POLICY), "id1", now,
	    NULL) == SG_OK);
	f->sts.txt.state = SG_TXT_RECORD;
	snprintf(f->sts.txt.id, sizeof(f->sts.txt.id), "id1");
	f->mx_state = SG_MX_FOUND;
	torture_hold(sg_facts_set_mx(f, 2) == SG_OK);
	for (int i = 0; i < 2; i++) {
		snprintf(f->mx[i].host, sizeof(f->mx[i].host), "mx%d.good.test",
		    i);
		f->mx[i].addrs = SG_ADDR_OK;
	}
	return f;
}

static void
record(void)
{
	struct sg_facts *f = known(), *again = NULL;
	unsigned char *bytes = NULL;
	struct sg_err err;
	enum sg_rc rc;
	size_t len = 0;

	fault_arm();
	rc = sg_facts_encode(f, &bytes, &len);
	torture_hold(rc == SG_OK || rc == SG_RETRY);
	if (rc == SG_OK) {
		rc = sg_facts_decode(bytes, len, &again, &err);
		torture_hold(rc == SG_OK || rc == SG_RETRY);
		torture_hold((rc == SG_OK) == (again != NULL));
	}
	fault_disarm();
	free(bytes);
	sg_facts_unref(&again);
	sg_facts_unref(&f);
}

static void
merge(void)
{
	struct sg_facts *old = known(), *learnt, *new = NULL;
	enum sg_rc rc;

	fault_arm();
	learnt = sg_facts_new(&old->hop);
	if (learnt != NULL) {
		learnt->sts.txt.state = SG_TXT_ERROR;
		rc = sg_facts_merge(old, learnt, now, 500, &new);
		torture_hold(rc == SG_OK || rc == SG_RETRY);
		torture_hold(rc != SG_OK || sg_facts_policy(new, now) != NULL);
		torture_hold(rc == SG_OK || new == NULL);
	}
	sg_facts_unref(&new);
	rc = sg_facts_unlearnt(old, &old->hop, SG_REASON_TIMEOUT, now, &new);
	torture_hold(rc == SG_OK || rc == SG_RETRY);
	torture_hold(rc != SG_OK || sg_facts_policy(new, now) != NULL);
	fault_disarm();
	sg_facts_unref(&new);
	sg_facts_unref(&learnt);
	sg_facts_unref(&old);
}

/* Read whole or refused whole. Of memory it may die, in a process of its own:
   torture_serve.c. */
static void
config(void)
{
	static const char text[] = "workers = 3\n"
	    "dns = { trust_anchor_file = \"\" }\n"
	    "groups = ( { name = \"a\" sender = [\"@a.test\"] require = "
	    "\"secure\" recipients = ( { match = \".b.test\" require = "
	    "\"dane\" } ) } )\n";
	struct sg_config_errors errors = { .n = 0 };
	struct sg_config *c = NULL;
	char path[] = "./torture-conf-XXXXXX";
	int fd = mkstemp(path);
	enum sg_rc rc;

	torture_hold(fd >= 0 && write(fd, text, sizeof(text) - 1) ==
	    (ssize_t)sizeof(text) - 1);
	close(fd);
	fault_arm();
	rc = sg_config_load(path, &c, &errors);
	fault_disarm();
	unlink(path);
	torture_hold((rc == SG_OK) == (c != NULL));
	torture_hold(rc == SG_OK || errors.n > 0);
	torture_hold(c == NULL || (c->n_groups == 2 && c->workers == 3 &&
	    c->groups[0].rule.require == SG_REQUIRE_SECURE &&
	    c->groups[0].n_recipients == 1));
	sg_config_errors_fini(&errors);
	sg_config_unref(&c);
}

/* libconfig looks at little of what malloc() returns, and gives us null
   pointers for names: it may die of it, or we may, as the reader does. Whoever
   lives on holds to what config() says: 3 is a torture_hold(). */
static void
config_inside(void)
{
	pid_t pid = fork();
	int status;

	torture_hold(pid >= 0);
	if (pid == 0) {
		config();
		_exit(0);
	}
	torture_hold(waitpid(pid, &status, 0) == pid);
	torture_hold(!WIFEXITED(status) || WEXITSTATUS(status) != 3);
}

int
main(int argc, char **argv)
{
	static const unsigned kinds = 1 << FAULT_MEMORY | 1 << FAULT_INSIDE;
	const struct torture all[] = {
		{ "policy", kinds, policy, 0, 0 },
		{ "tlsrpt", kinds, tlsrpt, 0, 0 },
		{ "record", kinds, record, 0, 0 },
		{ "merge", kinds, merge, 0, 0 },
		{ "config", 1 << FAULT_FILE, config, 0, 0 },
		{ "config-inside", 1 << FAULT_INSIDE, config_inside, 0, 0 },
	};

	return torture_main(argc, argv, all, sizeof(all) / sizeof(all[0]));
}
