/* SPDX-License-Identifier: ISC */
/*
 * fuzz_config.c - a configuration's text.
 *
 * Holds: it is taken whole or refused with at least one mistake that says
 * where; what is taken has a default group at its end and is taken again from
 * its own text, to the same snapshot.
 */
#include "config/config_help.h"
#include "fuzz/fuzz.h"

/* libconfig 1.5 forgets the string that stood before a syntax error. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig\n";
}

const char *
__lsan_default_options(void)
{
	return "print_suppressions=0";
}

static void
check_errors(struct sg_config_errors *errors)
{
	fuzz_hold(errors->n > 0);
	for (size_t i = 0; i < errors->n; i++) {
		fuzz_hold(errors->e[i].text != NULL &&
		    errors->e[i].text[0] != '\0');
		fuzz_hold(i == 0 || errors->e[i].line >= errors->e[i - 1].line
		    || errors->e[i].line == 0);
	}
	sg_config_errors_fini(errors);
}

static void
check_config(const struct sg_config *c)
{
	struct sg_config_errors errors = { .n = 0 };
	struct sg_config *again = NULL;
	char *dump = help_dump(c), *dump2;
	size_t len;
	void *block;

	fuzz_taken();
	fuzz_hold(c->n_groups >= 1);
	fuzz_hold(strcmp(c->groups[c->n_groups - 1].name, "default") == 0);
	fuzz_hold(sg_config_parse(c->text, "again", &again, &errors) == SG_OK);
	dump2 = help_dump(again);
	fuzz_hold(strcmp(dump, dump2) == 0);
	free(dump2);
	sg_config_unref(&again);
	block = sg_config_pack(c, &len);
	fuzz_hold(sg_config_unpack(block, len, &again) == SG_OK);
	dump2 = help_dump(again);
	fuzz_hold(strcmp(dump, dump2) == 0);
	free(dump);
	free(dump2);
	sg_config_unref(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sg_config_errors errors = { .n = 0 };
	struct sg_config *c = NULL;
	char *text, *whole;
	enum sg_rc rc;

	if (size > 16384) /* libconfig's time, not ours */
		return 0;
	text = fuzz_heap_string((struct fuzz_bytes) { data, size });
	whole = help_no_anchor(text);
	rc = sg_config_parse(whole, "fuzz", &c, &errors);
	fuzz_hold(rc == SG_OK || rc == SG_BAD);
	if (rc == SG_OK) {
		fuzz_hold(errors.n == 0);
		check_config(c);
		sg_config_unref(&c);
	} else
		check_errors(&errors);
	free(whole);
	free(text);
	return 0;
}
