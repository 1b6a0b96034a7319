/* SPDX-License-Identifier: ISC */
/*
 * fuzz_netstring.c - socketmap's frames (THREATS 2.6): the first two octets
 * are the limit, the rest is what came.
 *
 * Holds: what is read lies within what came and is a netstring to a second
 * reading; of less of it the rest "has yet to come", never BAD; what is BAD
 * stays so, whatever follows; and wrapping what was read gives it again.
 */
#include "fuzz/fuzz.h"
#include "netstring.h"

/* No more than max, by strtoul() and comparing all of it. */
static bool
second_reading(const char *buf, size_t have, size_t max, size_t *size)
{
	char number[32];
	size_t n = 0;
	unsigned long len;

	while (n < have && n < sizeof(number) - 1 && buf[n] >= '0' &&
	    buf[n] <= '9')
		n++;
	if (n == 0 || n > 20 || (n > 1 && buf[0] == '0'))
		return false;
	memcpy(number, buf, n);
	number[n] = '\0';
	len = strtoul(number, NULL, 10);
	*size = n + len + 2;
	return len <= max && n < have && buf[n] == ':' &&
	    have - n - 1 > len && buf[n + 1 + len] == ',';
}

static void
check_good(const char *buf, size_t have, size_t max,
    const struct sg_netstring *s)
{
	char *room = malloc(SG_NETSTRING_HEAD + s->len + 1), *again;
	struct sg_netstring less;
	size_t size;

	fuzz_taken();
	fuzz_hold(s->size <= have && s->len <= max);
	fuzz_hold(s->data > buf && s->data + s->len + 1 == buf + s->size);
	for (size_t n = 0; n < s->size && n < 40; n++)
		fuzz_hold(sg_netstring_read(buf, n, max, &less) == SG_NONE);
	fuzz_hold(sg_netstring_read(buf, s->size - 1, max, &less) == SG_NONE);
	if (room == NULL)
		abort();
	memcpy(room + SG_NETSTRING_HEAD, s->data, s->len);
	again = sg_netstring_wrap(room + SG_NETSTRING_HEAD, s->len, &size);
	fuzz_hold(again >= room && size == s->size &&
	    memcmp(again, buf, size) == 0);
	free(room);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	size_t max = (size_t)fuzz_number(&in, 2), n = 0;
	const char *buf = (const char *)in.p;
	struct sg_netstring s = { .len = 0 };
	enum sg_rc rc = sg_netstring_read(buf, in.n, max, &s);

	fuzz_hold(rc == SG_OK || rc == SG_NONE || rc == SG_BAD);
	fuzz_hold((rc == SG_OK) == second_reading(buf, in.n, max, &n));
	if (rc == SG_OK) {
		fuzz_hold(n == s.size);
		check_good(buf, in.n, max, &s);
	}
	/* Bad from some octet on, and then for good. */
	for (n = 0; n < in.n && n < 40; n++)
		if (sg_netstring_read(buf, n, max, &s) == SG_BAD)
			fuzz_hold(rc == SG_BAD);
	return 0;
}
