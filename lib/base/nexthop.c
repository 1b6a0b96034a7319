/* SPDX-License-Identifier: ISC */
/*
 * nexthop.c - see nexthop.h.
 *
 * Postfix writes a port behind a colon, Sendmail a fallback host; a number is
 * a port. Lists may be separated by blanks, commas (Postfix) or colons
 * (Sendmail).
 */
#include "base/nexthop.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/log.h"

#define HOST_MAX 2048 /* of a {rcpt_host} */

const char *
sg_nexthop_key(const struct sg_nexthop *hop, char out[SG_NEXTHOP_KEY_SIZE])
{
	size_t len;

	/* Made for each recipient, and nearly always nothing but the name. */
	if (!hop->is_host && hop->port == SG_SMTP_PORT) {
		len = strnlen(hop->name, sizeof(hop->name) - 1);
		memcpy(out, hop->name, len);
		out[len] = '\0';
		return out;
	}
	snprintf(out, SG_NEXTHOP_KEY_SIZE, hop->is_host ? "[%s]" : "%s",
	    hop->name);
	len = strlen(out);
	if (hop->port != SG_SMTP_PORT)
		snprintf(out + len, SG_NEXTHOP_KEY_SIZE - len, ":%u",
		    hop->port);
	return out;
}

static enum sg_rc
fail(struct sg_err *err, const char *why, const char *text)
{
	char shown[100];

	sg_log_escape(shown, sizeof(shown), text, strlen(text));
	sg_err_set(err, SG_REASON_NONE, "not a next hop: %s (%s)", why, shown);
	return SG_BAD;
}

static bool
all_digits(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return len > 0;
}

/* Postfix takes services by name. The table is short, since behind Sendmail's
   colon stands a host. 0: none of these. */
static uint16_t
named_port(const char *s, size_t len)
{
	static const struct {
		const char *name;
		uint16_t port;
	} services[] = { { "smtp", SG_SMTP_PORT }, { "submission", 587 },
		{ "submissions", 465 }, { "smtps", 465 } };

	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (strlen(services[i].name) == len &&
		    memcmp(s, services[i].name, len) == 0)
			return services[i].port;
	return 0;
}

static enum sg_rc
parse_port(const char *s, size_t len, uint16_t *out)
{
	unsigned long n = 0;

	*out = named_port(s, len);
	if (*out != 0)
		return SG_OK;
	if (!all_digits(s, len) || len > 5)
		return SG_BAD;
	for (size_t i = 0; i < len; i++)
		n = n * 10 + (unsigned long)(s[i] - '0');
	*out = (uint16_t)n;
	return n >= 1 && n <= 65535 ? SG_OK : SG_BAD;
}

static bool
is_literal(const char *s, size_t len)
{
	char text[SG_ADDR_TEXT_SIZE + 8];
	struct sg_addr addr;

	if (len >= sizeof(text))
		return false;
	memcpy(text, s, len);
	text[len] = '\0';
	return sg_addr_parse(text, &addr) == SG_OK;
}

/* One of "name", "name:port", "[name]", "[name]:port", "[literal]". */
static enum sg_rc
parse_one(const char *s, size_t len, struct sg_nexthop *out,
    struct sg_err *err)
{
	const char *name = s, *rest, *close = NULL;
	size_t name_len = len;

	memset(out, 0, sizeof(*out));
	out->port = SG_SMTP_PORT;
	if (len > 0 && s[0] == '[') {
		close = memchr(s, ']', len);
		if (close == NULL)
			return fail(err, "'[' without ']'", s);
		out->is_host = true;
		name = s + 1;
		name_len = (size_t)(close - name);
		rest = close + 1;
	} else {
		rest = memchr(s, ':', len);
		if (rest != NULL)
			name_len = (size_t)(rest - s);
		else
			rest = s + len;
	}
	if (rest < s + len &&
	    (*rest != ':' || parse_port(rest + 1,
		(size_t)(s + len - rest - 1), &out->port) != SG_OK))
		return fail(err, "the port is no number from 1 to 65535", s);
	if (is_literal(name, name_len))
		return SG_NONE;
	return sg_domain_from_text(name, name_len, out->name, err);
}

/* "unix:587" is a host of that name: its key must name it. */
static bool
is_socket(const char *text)
{
	uint16_t port;

	if (strncasecmp(text, "unix:", 5) == 0)
		return parse_port(text + 5, strlen(text + 5), &port) != SG_OK;
	return text[0] == '/';
}

enum sg_rc
sg_nexthop_parse(const char *text, struct sg_nexthop *out, struct sg_err *err)
{
	if (is_socket(text)) {
		memset(out, 0, sizeof(*out));
		return SG_NONE;
	}
	return parse_one(text, strlen(text), out, err);
}

bool
sg_nexthop_is_smtp_mailer(const char *mailer)
{
	static const char *const others[] = { "local", "lmtp", "virtual",
		"pipe", "prog", "file", "*file*", "*include*", "discard",
		"error", "retry", "procmail", "cyrus", "cyrusv2", "uucp",
		"maildrop", "spamassassin", "include", "dovecot", "mailman",
		"ifmail", "bsmtp", "scalemail-backend", "usenet" };

	if (strcmp(mailer, "smtp") == 0 || strcmp(mailer, "esmtp") == 0)
		return true; /* as nearly always */
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcasecmp(mailer, others[i]) == 0)
			return false;
	return true;
}

/* The end of the part that begins at s: a blank, a comma, or a colon that has
   no port behind it. */
static size_t
part_length(const char *s)
{
	size_t n = 0, port;

	while (s[n] != '\0' && strchr(" \t,", s[n]) == NULL) {
		if (s[n] == '[') {
			n += strcspn(s + n, "]");
			if (s[n] == ']')
				n++;
			continue;
		}
		if (s[n] == ':') {
			port = strcspn(s + n + 1, " \t,:");
			if (!all_digits(s + n + 1, port) &&
			    named_port(s + n + 1, port) == 0)
				return n;
			return n + 1 + port;
		}
		n++;
	}
	return n;
}

enum sg_rc
sg_nexthop_from_mta(const char *rcpt_mailer, const char *rcpt_host,
    struct sg_nexthop out[SG_NEXTHOP_MAX], size_t *n, struct sg_err *err)
{
	const char *s = rcpt_host;
	enum sg_rc rc;
	size_t len;

	*n = 0;
	if (!sg_nexthop_is_smtp_mailer(rcpt_mailer) || is_socket(rcpt_host))
		return SG_NONE;
	if (strlen(rcpt_host) > HOST_MAX)
		return fail(err, "too long", rcpt_host);
	for (;; s += len) {
		s += strspn(s, " \t,:");
		if (*s == '\0')
			break;
		len = part_length(s);
		if (*n == SG_NEXTHOP_MAX)
			return fail(err, "too many fallback hosts", rcpt_host);
		rc = parse_one(s, len, &out[*n], err);
		if (rc == SG_BAD)
			return rc;
		if (rc == SG_OK)
			(*n)++;
	}
	return *n > 0 ? SG_OK : SG_NONE;
}
