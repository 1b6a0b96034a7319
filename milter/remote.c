/* SPDX-License-Identifier: ISC */
/* remote.c - see remote.h. */
#include "remote.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/config.h"

/* Nothing that the daemon does leaves this long without a chunk. */
#define SILENCE_S 30
#define CHUNK_MAX (1024 * 1024)

static enum sg_rc
dial(const char *path, int *fd, struct sg_err *err)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct timeval silence = { SILENCE_S, 0 };
	bool nobody;

	if (strlen(path) >= sizeof(un.sun_path)) {
		sg_err_set(err, SG_REASON_INTERNAL, "%s is too long", path);
		return SG_BAD;
	}
	memcpy(un.sun_path, path, strlen(path));
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd >= 0 &&
	    connect(*fd, (struct sockaddr *)&un, sizeof(un)) == 0) {
		(void)setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &silence,
		    sizeof(silence));
		(void)setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &silence,
		    sizeof(silence));
		return SG_OK;
	}
	nobody = errno == ENOENT || errno == ECONNREFUSED;
	sg_err_set(err, SG_REASON_INTERNAL, "%s: %s%s", path, strerror(errno),
	    nobody ? ": no daemon is running (stsgate serve)"
	    : errno == EACCES ? ": be root, or the daemon's user" : "");
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return nobody ? SG_NONE : SG_BAD;
}

enum sg_rc
sg_remote_try(const char *path, struct sg_err *err)
{
	int fd;
	enum sg_rc rc = dial(path, &fd, err);

	if (rc == SG_OK)
		close(fd);
	return rc;
}

void
sg_remote_form(json_t *request, bool json, const struct sg_page *page)
{
	json_object_set_new(request, "json", json_boolean(json));
	json_object_set_new(request, "colour",
	    json_boolean(page->bold[0] != '\0'));
	json_object_set_new(request, "width", json_integer(page->width));
}

static bool
send_request(int fd, const json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	size_t len = text != NULL ? strlen(text) : 0, at = 0;
	ssize_t n = 1;

	if (text != NULL)
		text[len++] = '\n'; /* in the place of its NUL */
	while (at < len && n > 0) {
		n = send(fd, text + at, len - at, MSG_NOSIGNAL);
		if (n > 0)
			at += (size_t)n;
	}
	free(text);
	return len > 0 && at == len;
}

/* "o 123": false if that is not what came. */
static bool
read_head(FILE *in, char *kind, long *n)
{
	char line[40], *end;

	if (fgets(line, sizeof(line), in) == NULL || line[0] == '\0' ||
	    line[1] != ' ')
		return false;
	*kind = line[0];
	errno = 0;
	*n = strtol(line + 2, &end, 10);
	return end != line + 2 && *end == '\n' && errno == 0 && *n >= 0;
}

static bool
copy(FILE *in, FILE *out, long n)
{
	char buf[4096];

	if (n > CHUNK_MAX)
		return false;
	while (n > 0) {
		size_t want = n < (long)sizeof(buf) ? (size_t)n : sizeof(buf);

		if (fread(buf, 1, want, in) != want)
			return false;
		(void)fwrite(buf, 1, want, out);
		n -= (long)want;
	}
	return true;
}

static void
show_progress(const char *what, long n)
{
	if (what != NULL && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%s: %ld", what, n);
}

/* Until the status comes. */
static enum sg_rc
print_answer(FILE *in, FILE *out, const char *progress, int *status)
{
	bool shown = false;
	char kind;
	long n;

	while (read_head(in, &kind, &n)) {
		if (kind == 'p') {
			show_progress(progress, n);
			shown = true;
			continue;
		}
		if (shown && progress != NULL && isatty(STDERR_FILENO))
			fputs("\r\033[K", stderr);
		shown = false;
		if (kind == 'x') {
			*status = (int)n;
			return SG_OK;
		}
		if ((kind != 'o' && kind != 'e') ||
		    !copy(in, kind == 'o' ? out : stderr, n))
			break;
	}
	return SG_BAD;
}

enum sg_rc
sg_remote_ask(const char *path, json_t *request, FILE *out,
    const char *progress, int *status, struct sg_err *err)
{
	enum sg_rc rc;
	FILE *in;
	int fd;

	rc = dial(path, &fd, err);
	if (rc == SG_OK) {
		in = fdopen(fd, "r");
		rc = SG_BAD;
		if (in != NULL && send_request(fd, request))
			rc = print_answer(in, out, progress, status);
		if (in != NULL)
			fclose(in);
		else
			close(fd);
		if (rc != SG_OK)
			sg_err_set(err, SG_REASON_INTERNAL, "the daemon broke "
			    "off, or is busy: try again");
	}
	json_decref(request);
	return rc;
}

int
sg_remote_run(const char *config_path, json_t *request, const char *progress)
{
	struct sg_config_errors errors = { 0 };
	struct sg_config *config = NULL;
	struct sg_err err = { .text = "" };
	int status = EX_CONFIG;
	bool bad_config;
	enum sg_rc rc;

	rc = sg_config_load(config_path != NULL ? config_path : SG_CONFIG_FILE,
	    &config, &errors);
	bad_config = rc != SG_OK;
	if (bad_config) {
		sg_config_errors_print(&errors, stderr);
		fputs("stsgate: the daemon is sought where it is by default\n",
		    stderr);
		sg_config_errors_fini(&errors);
		sg_assert(sg_config_parse("", "defaults", &config, &errors) ==
		    SG_OK);
	}
	rc = sg_remote_ask(config->control_socket, request, stdout, progress,
	    &status, &err);
	if (rc != SG_OK) {
		fprintf(stderr, "stsgate: %s\n", err.text);
		status = bad_config ? EX_CONFIG : EX_UNAVAILABLE;
	}
	sg_config_unref(&config);
	sg_config_errors_fini(&errors);
	return status;
}
