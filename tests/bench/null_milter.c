/* SPDX-License-Identifier: ISC */
/*
 * null_milter.c - what libmilter itself costs: answers CONTINUE at once.
 *
 * usage: null_milter [-m] SOCKET
 *   -m  takes MAIL (without a reply) and the end of the message too, like a
 *       milter that must know who sends; otherwise RCPT is all it asks for
 */
#include <sys/types.h>
#include <libmilter/mfapi.h>
#include <err.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"

#define NOT_NEEDED (SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NODATA | \
    SMFIP_NOEOH | SMFIP_NOHDRS | SMFIP_NOBODY | SMFIP_NOUNKNOWN)

static bool takes_mail;

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1,
    unsigned long f2, unsigned long f3, unsigned long *pf0,
    unsigned long *pf1, unsigned long *pf2, unsigned long *pf3)
{
	(void)ctx;
	(void)f0;
	(void)f2;
	(void)f3;
	*pf0 = *pf2 = *pf3 = 0;
	*pf1 = f1 & (NOT_NEEDED | (takes_mail ? SMFIP_NR_MAIL : SMFIP_NOMAIL));
	return SMFIS_CONTINUE;
}

static sfsistat
on_mail(SMFICTX *ctx, char **argv)
{
	(void)ctx;
	(void)argv;
	return SMFIS_NOREPLY;
}

static sfsistat
on_rcpt(SMFICTX *ctx, char **argv)
{
	(void)ctx;
	(void)argv;
	return SMFIS_CONTINUE;
}

static sfsistat
on_end(SMFICTX *ctx)
{
	(void)ctx;
	return SMFIS_CONTINUE;
}

int
main(int argc, char **argv)
{
	static char name[] = "null";
	struct smfiDesc desc = { .xxfi_name = name,
		.xxfi_version = SMFI_VERSION, .xxfi_envrcpt = on_rcpt,
		.xxfi_negotiate = on_negotiate };

	if (argc > 1 && strcmp(argv[1], "-m") == 0) {
		takes_mail = true;
		desc.xxfi_envfrom = on_mail;
		desc.xxfi_eom = on_end;
		desc.xxfi_abort = on_end;
		argc--;
		argv++;
	}
	if (argc != 2)
		errx(64, "usage: null_milter [-m] SOCKET");
	(void)smfi_setbacklog(1024);
	if (smfi_register(desc) != MI_SUCCESS ||
	    smfi_setconn(argv[1]) != MI_SUCCESS ||
	    smfi_opensocket(true) != MI_SUCCESS)
		errx(1, "libmilter does not serve %s", argv[1]);
	return smfi_main() == MI_SUCCESS ? 0 : 1;
}
