/* SPDX-License-Identifier: ISC */
/* route.c - see route.h. */
#include "route.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mailaddr.h"

const char *
sg_route_symbol(SMFICTX *ctx, const char *name)
{
	char key[32]; /* libmilter wants it writable */

	size_t len = strlen(name);

	sg_assert(len < sizeof(key));
	memcpy(key, name, len + 1);
	return smfi_getsymval(ctx, key);
}

bool
sg_macros_ask(SMFICTX *ctx)
{
	static char at_mail[] = "j i {auth_authen} {mail_mailer} {mail_addr} "
	    "{client_addr}";
	static char at_rcpt[] = "j {rcpt_mailer} {rcpt_host} {rcpt_addr} i";
	static char at_eom[] = "i";

	return smfi_setsymlist(ctx, SMFIM_ENVFROM, at_mail) == MI_SUCCESS &&
	    smfi_setsymlist(ctx, SMFIM_ENVRCPT, at_rcpt) == MI_SUCCESS &&
	    smfi_setsymlist(ctx, SMFIM_EOM, at_eom) == MI_SUCCESS;
}

static bool
brought(struct sg_macros *m, SMFICTX *ctx)
{
	const char *at = sg_route_symbol(ctx, "j");
	bool fresh = at != NULL && at != m->at;

	if (at != NULL)
		m->at = at;
	return fresh;
}

void
sg_macros_at_mail(struct sg_macros *m, SMFICTX *ctx)
{
	m->mail = brought(m, ctx);
}

bool
sg_macros_are_lost(struct sg_macros *m, SMFICTX *ctx)
{
	bool rcpt = brought(m, ctx);

	return m->asked && m->at != NULL && !(rcpt && m->mail);
}

/* RFC 5321 4.5.1: whoever may talk to us may talk to our postmaster, wherever
   his mail is sent (STANDARDS A-09). */
static bool
is_bare_postmaster(const struct sg_mailaddr *addr)
{
	return addr->kind == SG_MAILADDR_LOCAL &&
	    strcasecmp(addr->local, "postmaster") == 0;
}

enum sg_rc
sg_route_find(SMFICTX *ctx, const char *arg, struct sg_route *out,
    struct sg_err *err)
{
	const char *mailer = sg_route_symbol(ctx, "{rcpt_mailer}");
	const char *host = sg_route_symbol(ctx, "{rcpt_host}");
	struct sg_mailaddr addr;
	enum sg_rc rc;

	out->n = 0;
	out->bad_address = false;
	rc = sg_mailaddr_parse(arg, &addr, err);
	if (rc == SG_OK && is_bare_postmaster(&addr))
		return SG_NONE;
	if (mailer != NULL && !sg_nexthop_is_smtp_mailer(mailer))
		return SG_NONE;
	/* An MTA that tells the mailer and not the host: the address does. */
	if (mailer != NULL && host != NULL && host[0] != '\0')
		return sg_nexthop_from_mta(mailer, host, out->hops, &out->n,
		    err);
	if (rc != SG_OK) {
		out->bad_address = true;
		return SG_BAD;
	}
	if (addr.kind != SG_MAILADDR_DOMAIN)
		return SG_NONE;
	out->hops[0] = (struct sg_nexthop) { .port = SG_SMTP_PORT };
	snprintf(out->hops[0].name, sizeof(out->hops[0].name), "%s",
	    addr.domain);
	out->n = 1;
	return SG_OK;
}
