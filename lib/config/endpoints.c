/* SPDX-License-Identifier: ISC */
/*
 * endpoints.c - which sockets, addresses, networks and domains do the texts of
 * the configuration mean?
 *
 * No name is looked up: "localhost" is the only host name taken, and means the
 * loopback address. Domains are kept as A-labels (base/domain.h), so that they
 * compare with what the MTA and DNS say.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/addr.h"
#include "base/domain.h"
#include "config/source.h"
#include "config/values.h"

static bool
read_port(const char *text, size_t len, uint16_t *port)
{
	unsigned long n = 0;
	size_t i;

	if (len < 1 || len > 5)
		return false;
	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		n = n * 10 + (unsigned long)(text[i] - '0');
	}
	*port = (uint16_t)n;
	return n >= 1 && n <= 65535;
}

/* A literal (IPv6 with or without brackets) or localhost; family 0: either. */
static bool
read_host(const char *text, size_t len, int family, struct sg_addr *addr)
{
	char host[SG_ADDR_TEXT_SIZE];

	if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
		family = family == 4 ? -1 : 6;
	}
	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (strcmp(host, "localhost") == 0)
		memcpy(host, family == 6 ? "::1" : "127.0.0.1",
		    family == 6 ? sizeof("::1") : sizeof("127.0.0.1"));
	/* sg_addr_parse() also knows SMTP's "IPv6:" tag, which has no place
	   here. */
	return strncasecmp(host, "IPv6:", 5) != 0 &&
	    sg_addr_parse(host, addr) == SG_OK &&
	    (family == 0 || addr->family == family);
}

/* --- sockets -------------------------------------------------------------- */

static bool
read_unix(const char *path, struct sg_listen *out)
{
	size_t len = strlen(path);

	if (*path != '/' || len >= sizeof(out->path))
		return false;
	out->is_unix = true;
	memcpy(out->path, path, len + 1);
	return true;
}

/* "8890@127.0.0.1" */
static bool
read_inet(const char *text, int family, struct sg_listen *out)
{
	const char *at = strchr(text, '@');
	char host[SG_ADDR_TEXT_SIZE];
	struct sg_addr addr;

	if (at == NULL || !read_port(text, (size_t)(at - text), &out->port) ||
	    !read_host(at + 1, strlen(at + 1), family, &addr))
		return false;
	snprintf(out->host, sizeof(out->host), "%s",
	    sg_addr_format(&addr, host));
	return true;
}

enum sg_rc
sg_value_listen(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	struct sg_listen l;
	bool ok = false;

	(void)o;
	(void)err;
	memset(&l, 0, sizeof(l));
	if (strncmp(text, "unix:", 5) == 0)
		ok = read_unix(text + 5, &l);
	else if (strncmp(text, "local:", 6) == 0)
		ok = read_unix(text + 6, &l);
	else if (strncmp(text, "inet:", 5) == 0)
		ok = read_inet(text + 5, 0, &l);
	else if (strncmp(text, "inet6:", 6) == 0)
		ok = read_inet(text + 6, 6, &l);
	if (!ok)
		return SG_BAD;
	*(struct sg_listen *)field = l;
	return SG_OK;
}

/* libmilter tells the families apart by the word in front. */
enum sg_rc
sg_value_milter_socket(const char *text, const struct sg_option *o,
    void *field, struct sg_err *err)
{
	struct sg_listen l;
	char out[sizeof(l.path) + 16];

	if (sg_value_listen(text, o, &l, err) != SG_OK)
		return SG_BAD;
	if (l.is_unix)
		snprintf(out, sizeof(out), "unix:%s", l.path);
	else
		snprintf(out, sizeof(out), "%s:%u@%s",
		    strchr(l.host, ':') != NULL ? "inet6" : "inet",
		    (unsigned)l.port, l.host);
	return sg_value_keep(out, field);
}

/* "127.0.0.1:9610", "[::1]:9610", "" */
enum sg_rc
sg_value_host_port(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	const char *colon = strrchr(text, ':');
	char host[SG_ADDR_TEXT_SIZE], out[SG_ADDR_TEXT_SIZE + 10];
	struct sg_addr addr;
	uint16_t port;
	size_t len;

	(void)o;
	(void)err;
	if (*text == '\0')
		return sg_value_keep(text, field);
	if (colon == NULL || !read_port(colon + 1, strlen(colon + 1), &port))
		return SG_BAD;
	len = (size_t)(colon - text);
	if (!read_host(text, len, *text == '[' ? 6 : 4, &addr))
		return SG_BAD;
	sg_addr_format(&addr, host);
	snprintf(out, sizeof(out), addr.family == 6 ? "[%s]:%u" : "%s:%u",
	    host, (unsigned)port);
	return sg_value_keep(out, field);
}

/* --- DNS ------------------------------------------------------------------ */

enum sg_rc
sg_value_server(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	const char *at = strchr(text, '@');
	struct sg_dns_server s = { .port = 53 };
	size_t len = at == NULL ? strlen(text) : (size_t)(at - text);

	(void)o;
	(void)err;
	if (strcmp(text, "recursive") == 0)
		s.port = 0;
	else if (!read_host(text, len, 0, &s.addr) ||
	    (at != NULL && !read_port(at + 1, strlen(at + 1), &s.port)))
		return SG_BAD;
	*(struct sg_dns_server *)field = s;
	return SG_OK;
}

/* --- networks ------------------------------------------------------------- */

/* The network that "10.1.2.3/16" lies in; false if it is no address with a
   length behind it. */
static bool
surrounding(const char *text, char *out, size_t size)
{
	const char *slash = strchr(text, '/');
	char host[SG_ADDR_TEXT_SIZE];
	struct sg_addr addr;
	uint16_t bits;
	size_t i, whole;

	if (slash == NULL || !read_host(text, (size_t)(slash - text), 0, &addr))
		return false;
	if (strcmp(slash, "/0") == 0)
		bits = 0;
	else if (!read_port(slash + 1, strlen(slash + 1), &bits))
		return false;
	if (bits > (addr.family == 4 ? 32 : 128))
		return false;
	whole = bits / 8u;
	for (i = whole; i < 16; i++)
		addr.bytes[i] &= i == whole ?
		    (uint8_t)(0xff00u >> (bits % 8u)) : 0;
	snprintf(out, size, "%s/%u", sg_addr_format(&addr, host),
	    (unsigned)bits);
	return true;
}

enum sg_rc
sg_value_network(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	struct sg_cidr net;
	char meant[SG_ADDR_TEXT_SIZE + 5];

	(void)o;
	if (strncasecmp(text, "IPv6:", 5) != 0 &&
	    sg_cidr_parse(text, &net) == SG_OK) {
		*(struct sg_cidr *)field = net;
		return SG_OK;
	}
	if (surrounding(text, meant, sizeof(meant)))
		sg_err_set(err, SG_REASON_NONE, "expected a network with no "
		    "bits set behind its length: %s is meant?", meant);
	return SG_BAD;
}

/* --- domains -------------------------------------------------------------- */

static enum sg_rc
read_domain(const char *text, char out[SG_DOMAIN_SIZE], struct sg_err *err)
{
	struct sg_err why;

	memset(&why, 0, sizeof(why));
	if (sg_domain_from_text(text, strlen(text), out, &why) == SG_OK)
		return SG_OK;
	sg_err_set(err, SG_REASON_NONE,
	    "expected a valid domain name%s%.180s%s",
	    why.text[0] != '\0' ? " (" : "", why.text,
	    why.text[0] != '\0' ? ")" : "");
	return SG_BAD;
}

enum sg_rc
sg_value_domain_item(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	char name[SG_DOMAIN_SIZE];

	(void)o;
	if (read_domain(text, name, err) != SG_OK)
		return SG_BAD;
	return sg_value_keep(name, field);
}

enum sg_rc
sg_value_domain(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	if (*text == '\0')
		return sg_value_keep(text, field);
	return sg_value_domain_item(text, o, field, err);
}

enum sg_rc
sg_value_match(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	struct sg_recipient_rule *r = field;
	char name[SG_DOMAIN_SIZE];
	bool below = *text == '.';

	(void)o;
	if (strchr(text, '@') != NULL || strchr(text, '*') != NULL)
		return SG_BAD;
	if (read_domain(text + below, name, err) != SG_OK)
		return SG_BAD;
	snprintf(r->match, sizeof(r->match), "%s%s", below ? "." : "", name);
	r->subdomains = below;
	r->name = r->match + below;
	return SG_OK;
}

static char *
lower(const char *text, size_t len)
{
	char *out = sg_config_alloc(len + 1, 1);
	size_t i;

	for (i = 0; i < len; i++)
		out[i] = text[i] >= 'A' && text[i] <= 'Z' ?
		    (char)(text[i] - 'A' + 'a') : text[i];
	return out;
}

enum sg_rc
sg_value_sender(const char *text, const struct sg_option *o, void *field,
    struct sg_err *err)
{
	const char *at = strrchr(text, '@');
	struct sg_sender_pattern p = { .kind = SG_SENDER_ADDRESS };

	(void)o;
	if (strcmp(text, "<>") == 0) {
		p.kind = SG_SENDER_NULL;
		*(struct sg_sender_pattern *)field = p;
		return SG_OK;
	}
	if (at == NULL || strpbrk(text, "<>*") != NULL ||
	    at - text > 64 /* RFC 5321 4.5.3.1.1 */)
		return SG_BAD;
	if (at == text)
		p.kind = at[1] == '.' ? SG_SENDER_SUBDOMAINS :
		    SG_SENDER_DOMAIN;
	if (read_domain(at + 1 + (p.kind == SG_SENDER_SUBDOMAINS), p.domain,
	    err) != SG_OK)
		return SG_BAD;
	if (p.kind == SG_SENDER_ADDRESS)
		p.local = lower(text, (size_t)(at - text));
	*(struct sg_sender_pattern *)field = p;
	return SG_OK;
}
