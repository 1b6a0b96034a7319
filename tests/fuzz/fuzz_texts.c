/* SPDX-License-Identifier: ISC */
/*
 * fuzz_texts.c - the log's escape and its last scrub: the first octet is the
 * room there is, the rest is what a remote party wrote (THREATS T14).
 *
 * Holds: printable, no quote, and unescaping gives the beginning of what went
 * in; a line of the log is one line without a control character, whatever it
 * was made of, and one line only is written.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/log.h"
#include "fuzz/fuzz.h"

static int sink = -1;
static int saved = -1;

static unsigned
hex(const char *s)
{
	char pair[3] = { s[0], s[1], '\0' };

	return (unsigned)strtoul(pair, NULL, 16);
}

/* The octets that out stands for are the first of text. */
static void
check_escaped(const char *out, struct fuzz_bytes text)
{
	size_t n = 0, len = strlen(out);
	bool cut = len >= 3 && strcmp(out + len - 3, "...") == 0 &&
	    (text.n < 3 || len < 4 * text.n);

	for (size_t i = 0; i < len; n++) {
		if (cut && i == len - 3)
			break;
		if (n >= text.n)
			fuzz_broken("more than was there", __FILE__, __LINE__);
		if (out[i] == '\\') {
			fuzz_hold(out[i + 1] == 'x');
			fuzz_hold(hex(out + i + 2) == text.p[n]);
			i += 4;
		} else {
			fuzz_hold((uint8_t)out[i] == text.p[n]);
			i++;
		}
	}
	fuzz_hold(cut || n == text.n);
}

static void
open_sink(void)
{
	sink = memfd_create("sink", MFD_CLOEXEC);
	saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	if (sink < 0 || saved < 0)
		abort();
	sg_log_init(SG_LOG_STDERR, SG_LOG_DEBUG, "fuzz");
}

/* What the log writes for this text. Not what libFuzzer has to say of the
   signal that ends it. */
static size_t
logged(const char *text, char *out, size_t size)
{
	sigset_t end;
	ssize_t n;

	sigemptyset(&end);
	sigaddset(&end, SIGUSR1);
	sigprocmask(SIG_BLOCK, &end, NULL);
	if (ftruncate(sink, 0) != 0 || lseek(sink, 0, SEEK_SET) != 0 ||
	    dup2(sink, STDERR_FILENO) < 0)
		abort();
	sg_log(SG_LOG_INFO, "%s", text); /* an error would be limited */
	if (dup2(saved, STDERR_FILENO) < 0)
		abort();
	sigprocmask(SIG_UNBLOCK, &end, NULL);
	n = pread(sink, out, size, 0);
	fuzz_hold(n > 0 && (size_t)n < size);
	return (size_t)n;
}

static void
check_line(const char *text)
{
	static char line[8192];
	size_t n = logged(text, line, sizeof(line));

	fuzz_hold(line[n - 1] == '\n');
	for (size_t i = 0; i + 1 < n; i++) {
		unsigned char c = (unsigned char)line[i];

		fuzz_hold(c >= 0x20 && c != 0x7f);
		fuzz_hold(c != 0xc2 || (unsigned char)line[i + 1] < 0x80 ||
		    (unsigned char)line[i + 1] >= 0xa0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	size_t room = 5 + (size_t)fuzz_number(&in, 1);
	char *out = malloc(room), *text;

	if (sink < 0)
		open_sink();
	if (out == NULL)
		abort();
	fuzz_hold(sg_log_escape(out, room, in.p, in.n) == out);
	fuzz_hold(strlen(out) < room && fuzz_is_plain(out));
	fuzz_hold(strchr(out, '"') == NULL);
	check_escaped(out, in);
	fuzz_taken();
	free(out);
	text = fuzz_heap_string(in);
	check_line(text);
	free(text);
	return 0;
}
