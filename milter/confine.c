/* SPDX-License-Identifier: ISC */
/*
 * confine.c - see confine.h.
 *
 * A worker reads certificates, the trust anchor and what the C library opens
 * late (shared objects, time zones); nothing else, and it writes nothing. The
 * front has its state directory. Its wake session (wake.h) connects to its own
 * milter socket: where that is an Internet socket, such sockets are left to
 * it.
 */
#include "confine.h"

#include "base/log.h"
#include "compat/sandbox.h"

/* What any process may come to read. */
#define COMMON "/usr/lib", "/lib", "/lib64", "/etc/ld.so.cache", \
	"/usr/share/zoneinfo", "/dev/urandom"

static enum sg_rc
enter(const struct sg_sandbox *s, struct sg_err *err)
{
	char why[SG_SANDBOX_WHY_SIZE];

	switch (sg_sandbox_enter(s, why)) {
	case SG_SANDBOX_WHOLE:
		return SG_OK;
	case SG_SANDBOX_PART:
		sg_log(SG_LOG_WARN, "not wholly confined: %s", why);
		return SG_OK;
	case SG_SANDBOX_REFUSED:
		break;
	}
	sg_err_set(err, SG_REASON_INTERNAL, "cannot be confined: %s", why);
	return SG_BAD;
}

static const char *
or_none(const char *path)
{
	return path[0] != '\0' ? path : "/dev/null";
}

enum sg_rc
sg_confine_worker(const struct sg_config *c, struct sg_err *err)
{
	struct sg_sandbox s = { .inet = true,
		.read = { COMMON, "/dev/null", "/etc/ssl",
		    "/usr/share/ca-certificates",
		    "/usr/local/share/ca-certificates",
		    or_none(c->trust_anchor_file), or_none(c->https_ca_file),
		    or_none(c->probe_ca_file) } };

	return enter(&s, err);
}

enum sg_rc
sg_confine_front(const struct sg_config *boot, struct sg_err *err)
{
	struct sg_sandbox s = { .inet = !boot->milter_listen.is_unix,
		.read = { COMMON }, .write = { boot->state_dir, "/dev/null" } };

	return enter(&s, err);
}
