/* SPDX-License-Identifier: ISC */
/* fake_milter.c - see fake_milter.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "support/fake_milter.h"

#define REPLY_MAX 980 /* libmilter's MAXREPLYLEN */

#define hold(e) ((e) ? (void)0 : broken(#e, __LINE__))

static const char *const macro_names[] = { "j", "i", "{auth_authen}",
	"{mail_mailer}", "{rcpt_mailer}", "{rcpt_host}", "{rcpt_addr}",
	"{client_addr}" };
#define N_MACROS (sizeof(macro_names) / sizeof(macro_names[0]))

static struct smfiDesc desc;
static void *priv;
static char *macros[N_MACROS];
static char reply_code; /* set in this callback: '4', '5' or 0 */
static int last_deleted;

__attribute__((noreturn)) static void
broken(const char *what, int line)
{
	fprintf(stderr, "fake_milter.c:%d: does not hold: %s\n", line, what);
	abort();
}

static bool
is_plain(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s < 0x20 || *s > 0x7e)
			return false;
	return true;
}

int
smfi_register(struct smfiDesc d)
{
	desc = d;
	return MI_SUCCESS;
}

int
smfi_setpriv(SMFICTX *ctx, void *p)
{
	(void)ctx;
	priv = p;
	return MI_SUCCESS;
}

void *
smfi_getpriv(SMFICTX *ctx)
{
	(void)ctx;
	return priv;
}

char *
smfi_getsymval(SMFICTX *ctx, char *name)
{
	(void)ctx;
	for (size_t i = 0; i < N_MACROS; i++)
		if (strcmp(macro_names[i], name) == 0)
			return macros[i];
	broken("an unknown macro", __LINE__);
}

int
smfi_setsymlist(SMFICTX *ctx, int stage, char *list)
{
	(void)ctx;
	(void)stage;
	(void)list;
	return MI_SUCCESS;
}

static void
check_percent(const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s != '%')
			continue;
		hold(s[1] == '%');
		s++;
	}
}

int
smfi_setreply(SMFICTX *ctx, char *code, char *xcode, char *text)
{
	(void)ctx;
	hold(strlen(code) == 3 && (code[0] == '4' || code[0] == '5'));
	hold(xcode[0] == code[0] && strlen(xcode) >= 5 &&
	    strspn(xcode, "0123456789.") == strlen(xcode));
	hold(text[0] != '\0' && strlen(text) < REPLY_MAX);
	hold(is_plain(text));
	check_percent(text);
	reply_code = code[0];
	return MI_SUCCESS;
}

int
smfi_chgheader(SMFICTX *ctx, char *name, int index, char *value)
{
	(void)ctx;
	hold(strcmp(name, "X-Stsgate") == 0 && value == NULL);
	hold(index >= 1 &&
	    (last_deleted == 0 || index == last_deleted - 1));
	last_deleted = index;
	return MI_SUCCESS;
}

int
smfi_insheader(SMFICTX *ctx, int index, char *name, char *value)
{
	(void)ctx;
	hold(index == 0 && strcmp(name, "X-Stsgate") == 0);
	hold(is_plain(value) && strncmp(value, "result=", 7) == 0);
	return MI_SUCCESS;
}

int
smfi_quarantine(SMFICTX *ctx, char *reason)
{
	(void)ctx;
	hold(reason[0] != '\0' && is_plain(reason));
	return MI_SUCCESS;
}

/* --- who drives it ------------------------------------------------------- */

const struct smfiDesc *
fake_milter(void)
{
	return &desc;
}

void
fake_milter_macro(const char *name, const char *value)
{
	for (size_t i = 0; i < N_MACROS; i++) {
		if (strcmp(macro_names[i], name) != 0)
			continue;
		free(macros[i]);
		macros[i] = value != NULL ? strdup(value) : NULL;
		return;
	}
	broken("an unknown macro", __LINE__);
}

void
fake_milter_check(sfsistat status, bool at_rcpt)
{
	hold(status == SMFIS_CONTINUE || status == SMFIS_REJECT ||
	    status == SMFIS_TEMPFAIL || (!at_rcpt && status == SMFIS_NOREPLY));
	hold(status != SMFIS_REJECT || reply_code == '5');
	hold(status != SMFIS_TEMPFAIL || reply_code != '5');
	hold(status != SMFIS_CONTINUE || reply_code == 0);
	reply_code = 0;
	last_deleted = 0;
}

void
fake_milter_end(void)
{
	hold(priv == NULL);
	for (size_t i = 0; i < N_MACROS; i++) {
		free(macros[i]);
		macros[i] = NULL;
	}
}
