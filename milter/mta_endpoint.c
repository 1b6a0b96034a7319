/* SPDX-License-Identifier: ISC */
/* mta_endpoint.c - see mta_endpoint.h. */
#include "mta_endpoint.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>


#define PATH_SIZE 1024

/* --- paths ------------------------------------------------------------------- */

/* dir and name put together, slashes never doubled; /var/run is /run. */
static void
join(const char *dir, const char *name, char out[PATH_SIZE])
{
	char whole[PATH_SIZE];
	size_t n = 0;

	snprintf(whole, sizeof(whole), "%s%s%s", dir, *dir != '\0' ? "/" : "",
	    name);
	for (const char *s = whole; *s != '\0'; s++)
		if (*s != '/' || n == 0 || out[n - 1] != '/')
			out[n++] = *s;
	out[n] = '\0';
	if (strncmp(out, "/var/run/", 9) == 0)
		memmove(out, out + 4, n - 4 + 1);
}

static bool
same_path(const char *dir, const char *name, const struct sg_listen *ours)
{
	char a[PATH_SIZE], b[PATH_SIZE];

	join(dir, name, a);
	join("", ours->path, b);
	return ours->is_unix && strcmp(a, b) == 0;
}

/* What follows the queue directory in our path; NULL: it is not below it. */
static const char *
below_queue(const struct sg_listen *ours, const char *queue_dir)
{
	size_t n = strlen(queue_dir);

	while (n > 0 && queue_dir[n - 1] == '/')
		n--;
	return n > 0 && strncmp(ours->path, queue_dir, n) == 0 &&
	    ours->path[n] == '/' ? ours->path + n + 1 : NULL;
}

/* --- hosts ------------------------------------------------------------------- */

static bool
is_loopback(const char *host)
{
	return strcasecmp(host, "localhost") == 0 ||
	    strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0;
}

static bool
is_any(const char *host)
{
	return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

static bool
same_host(const char *theirs, const struct sg_listen *ours)
{
	return strcasecmp(theirs, ours->host) == 0 || is_any(ours->host) ||
	    (strcasecmp(theirs, "localhost") == 0 && is_loopback(ours->host));
}

static bool
same_port(const char *theirs, const struct sg_listen *ours)
{
	char port[8];

	snprintf(port, sizeof(port), "%u", (unsigned)ours->port);
	return strcmp(theirs, port) == 0;
}

/* "host:port", "[host]:port" */
static bool
same_inet(const char *text, const struct sg_listen *ours)
{
	const char *colon = strrchr(text, ':');
	char host[64];
	size_t n;

	if (ours->is_unix || colon == NULL)
		return false;
	n = (size_t)(colon - text);
	if (n > 2 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	snprintf(host, sizeof(host), "%.*s", (int)n, text);
	return same_port(colon + 1, ours) && same_host(host, ours);
}

/* --- Postfix ----------------------------------------------------------------- */

enum sg_endpoint
sg_endpoint_of_postfix(const char *text, const struct sg_listen *ours,
    const struct sg_sight *sight)
{
	const char *path;

	if (strncmp(text, "inet:", 5) == 0)
		return same_inet(text + 5, ours) ? SG_ENDPOINT_OURS
						 : SG_ENDPOINT_OTHER;
	if (strncmp(text, "unix:", 5) != 0)
		return SG_ENDPOINT_OTHER;
	path = text + 5;
	if (path[0] != '/' || sight->chroot) {
		if (same_path(sight->queue_dir, path, ours))
			return SG_ENDPOINT_OURS;
		return path[0] == '/' && same_path("", path, ours)
		    ? SG_ENDPOINT_OUT_OF_SIGHT : SG_ENDPOINT_OTHER;
	}
	return same_path("", path, ours) ? SG_ENDPOINT_OURS
					 : SG_ENDPOINT_OTHER;
}

bool
sg_endpoint_in_sight(const struct sg_listen *ours,
    const struct sg_sight *sight)
{
	return !ours->is_unix || !sight->chroot ||
	    below_queue(ours, sight->queue_dir) != NULL;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

const char *
sg_endpoint_for_postfix(const struct sg_listen *ours,
    const struct sg_sight *sight, char out[SG_ENDPOINT_TEXT_SIZE])
{
	const char *below;
	bool six = strchr(ours->host, ':') != NULL;

	if (!ours->is_unix) {
		snprintf(out, SG_ENDPOINT_TEXT_SIZE,
		    six ? "inet:[%s]:%u" : "inet:%s:%u",
		    is_any(ours->host) ? "127.0.0.1" : ours->host,
		    (unsigned)ours->port);
		return out;
	}
	below = below_queue(ours, sight->queue_dir);
	if (below != NULL)
		snprintf(out, SG_ENDPOINT_TEXT_SIZE, "unix:%s", below);
	else if (sight->chroot)
		snprintf(out, SG_ENDPOINT_TEXT_SIZE, "unix:stsgate/%s",
		    base_name(ours->path));
	else
		snprintf(out, SG_ENDPOINT_TEXT_SIZE, "unix:%s", ours->path);
	return out;
}

/* --- Sendmail ---------------------------------------------------------------- */

enum sg_endpoint
sg_endpoint_of_sendmail(const char *text, const struct sg_listen *ours)
{
	const char *at = strchr(text, '@');
	const char *path = text, *colon = strchr(text, ':');
	char port[8];

	if (strncmp(text, "unix:", 5) == 0 || strncmp(text, "local:", 6) == 0)
		path = colon + 1;
	if (path[0] == '/')
		return same_path("", path, ours) ? SG_ENDPOINT_OURS
						 : SG_ENDPOINT_OTHER;
	if (ours->is_unix || at == NULL || colon == NULL || colon > at)
		return SG_ENDPOINT_OTHER;
	snprintf(port, sizeof(port), "%.*s", (int)(at - colon - 1), colon + 1);
	at++;
	if (at[0] == '[') { /* inet:8890@[127.0.0.1] is allowed too */
		char host[64];

		snprintf(host, sizeof(host), "%.*s",
		    (int)strcspn(at + 1, "]"), at + 1);
		return same_port(port, ours) && same_host(host, ours)
		    ? SG_ENDPOINT_OURS : SG_ENDPOINT_OTHER;
	}
	return same_port(port, ours) && same_host(at, ours)
	    ? SG_ENDPOINT_OURS : SG_ENDPOINT_OTHER;
}

const char *
sg_endpoint_for_sendmail(const struct sg_listen *ours,
    char out[SG_ENDPOINT_TEXT_SIZE])
{
	if (ours->is_unix)
		snprintf(out, SG_ENDPOINT_TEXT_SIZE, "local:%s", ours->path);
	else
		snprintf(out, SG_ENDPOINT_TEXT_SIZE, "%s:%u@%s",
		    strchr(ours->host, ':') != NULL ? "inet6" : "inet",
		    (unsigned)ours->port,
		    is_any(ours->host) ? "127.0.0.1" : ours->host);
	return out;
}
