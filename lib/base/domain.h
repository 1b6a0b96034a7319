/* SPDX-License-Identifier: ISC */
/*
 * domain.h - domain names as stsgate keeps them: A-labels, lower case, no
 * trailing dot, at most 253 octets (RFC 1035 2.3.4, RFC 5890). Pure; any
 * thread.
 */
#ifndef SG_DOMAIN_H
#define SG_DOMAIN_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

#define SG_DOMAIN_SIZE 254 /* 253 octets and the NUL */

/* Turns len bytes of text (UTF-8, any case, one trailing dot allowed,
   U-labels allowed) into the kept form. Labels are LDH and '_' (which mail
   domains do not have but DNS does), 1 to 63 octets, no hyphen at either
   end. SG_BAD with err set for anything else: empty names and labels, bad
   UTF-8 or IDN, NUL, address literals, all-numeric last labels. */
enum sg_rc sg_domain_from_text(const char *text, size_t len,
    char out[SG_DOMAIN_SIZE], struct sg_err *err);

/* True if name is in the kept form; without '_' when ldh_only. */
bool sg_domain_is_valid(const char *name, bool ldh_only);

/* "prefix.domain" in out, for example "_mta-sts" and "good.test".
   SG_NONE if that name would be longer than a name can be, which means that
   it cannot exist (STANDARDS A-12). */
enum sg_rc sg_domain_prefix(const char *prefix, const char *domain,
    char out[SG_DOMAIN_SIZE]);
#endif
