/* SPDX-License-Identifier: ISC */
/*
 * drive.c - runs a fuzz page without libFuzzer: on the files and directories
 * of its arguments, on standard input ("-", and what AFL++ wants is @@), or
 * without any on the page's own corpus, which is how `make check` calls it.
 *
 * A sample is tried whole, then each of its beginnings and then with each of
 * its octets changed (of long ones a part, spread over the whole): the errors
 * of readers are at the edges. That costs little and needs no libFuzzer.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fuzz/fuzz.h"

#define SAMPLE_MAX (1024 * 1024)
#define VARIANTS 200 /* of each kind */

static unsigned long samples, runs;

static void
die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(2);
}

/* From storage that is just as long as the input, for AddressSanitizer. */
static void
run(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		die("memory");
	if (len > 0)
		memcpy(copy, data, len);
	(void)LLVMFuzzerTestOneInput(copy, len);
	free(copy);
	runs++;
}

static void
run_variants(uint8_t *data, size_t len)
{
	size_t step = len / VARIANTS + 1;
	uint8_t was;

	for (size_t n = 0; n < len; n += step)
		run(data, n);
	for (size_t i = 0; i < len; i += step) {
		was = data[i];
		data[i] ^= (uint8_t)(1 << (i / step) % 8);
		run(data, len);
		data[i] = was;
	}
}

static void
run_stream(FILE *in, bool variants)
{
	uint8_t *data = malloc(SAMPLE_MAX);
	size_t len;

	if (data == NULL)
		die("memory");
	len = fread(data, 1, SAMPLE_MAX, in);
	samples++;
	run(data, len);
	if (variants)
		run_variants(data, len);
	free(data);
}

static void
run_file(const char *path, bool variants)
{
	FILE *in = fopen(path, "rb");

	if (in == NULL)
		die(path);
	run_stream(in, variants);
	fclose(in);
}

static void
run_directory(const char *path, bool variants)
{
	struct dirent **entry;
	char file[4096];
	int n = scandir(path, &entry, NULL, alphasort);

	if (n < 0)
		die(path);
	for (int i = 0; i < n; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, entry[i]->d_name);
		if (entry[i]->d_name[0] != '.')
			run_file(file, variants);
		free(entry[i]);
	}
	free(entry);
}

static void
run_path(const char *path)
{
	struct stat st;

	if (strcmp(path, "-") == 0)
		run_stream(stdin, false);
	else if (stat(path, &st) != 0)
		die(path);
	else if (S_ISDIR(st.st_mode))
		run_directory(path, false);
	else
		run_file(path, false);
}

/* ".../fuzz_NAME" has its samples in tests/fuzz/corpus/NAME. */
static void
run_own_corpus(const char *program)
{
	const char *name = strstr(program, "fuzz_"), *next;
	const char *top = getenv("srcdir");
	char path[4096];

	while (name != NULL && (next = strstr(name + 1, "fuzz_")) != NULL)
		name = next;
	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s",
	    top != NULL ? top : ".", name != NULL ? name + 5 : "");
	run_directory(path, true);
}

int
main(int argc, char **argv)
{
	/* A page that hangs is a finding too. */
	alarm(300);
	for (int i = 1; i < argc; i++)
		run_path(argv[i]);
	if (argc == 1)
		run_own_corpus(argv[0]);
	printf("%lu samples, %lu runs, %lu were taken\n", samples, runs,
	    fuzz_taken_count);
	if (argc == 1 && fuzz_taken_count == 0) {
		fprintf(stderr, "no sample is good for anything: they are "
		    "out of date, or the page tries nothing\n");
		return 1;
	}
	return samples > 0 ? 0 : 1;
}
