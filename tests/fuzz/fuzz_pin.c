/* SPDX-License-Identifier: ISC */
/*
 * fuzz_pin.c - a pin as the store has it: level, moments, the key on the first
 * line, its names behind it.
 *
 * Holds: what is taken has a key of ours and names by the grammar, and is the
 * same when it is written and read again.
 */
#include "facts/pin.h"
#include "fuzz/fuzz.h"
#include "policy/mx_match.h"

static void
check_again(const struct sg_pin *pin)
{
	struct sg_pin *again = NULL;
	char *text = sg_pin_names_text(pin);

	fuzz_taken();
	fuzz_hold(text != NULL && fuzz_is_plain(text));
	fuzz_hold(sg_pin_read(pin->key, pin->level, pin->at, pin->until, text,
	    &again) == SG_OK);
	fuzz_hold(again->n_names == pin->n_names &&
	    again->level == pin->level && again->at.s == pin->at.s &&
	    again->until.s == pin->until.s);
	for (unsigned i = 0; i < pin->n_names; i++)
		fuzz_hold(strcmp(again->names[i], pin->names[i]) == 0);
	free(text);
	sg_pin_unref(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	enum sg_level level = (enum sg_level)fuzz_below(&in, 7);
	struct sg_wall at = { (int64_t)fuzz_number(&in, 5) };
	struct sg_wall until = { (int64_t)fuzz_number(&in, 5) };
	char *key = fuzz_heap_string(fuzz_part(&in, '\n'));
	char *names = fuzz_heap_string(in);
	struct sg_pin *pin = NULL;
	struct sg_nexthop hop;
	enum sg_rc rc;

	rc = sg_pin_read(key, level, at, until, names, &pin);
	fuzz_hold(rc == SG_OK || rc == SG_BAD);
	fuzz_hold((rc == SG_OK) == (pin != NULL));
	if (rc == SG_OK) {
		fuzz_hold(pin->level > SG_LEVEL_NONE &&
		    pin->level <= SG_LEVEL_DANE);
		fuzz_hold(pin->n_names <= SG_PIN_MAX_NAMES);
		fuzz_hold(sg_nexthop_parse(pin->key, &hop, NULL) == SG_OK);
		for (unsigned i = 0; i < pin->n_names; i++)
			fuzz_hold(sg_mx_pattern_is_valid(pin->names[i]));
		check_again(pin);
		sg_pin_unref(&pin);
	}
	free(key);
	free(names);
	return 0;
}
