/* SPDX-License-Identifier: ISC */
/*
 * link.h - what supervisor and front say to each other: single messages over
 * SOCK_SEQPACKET, with at most one descriptor.
 */
#ifndef SG_LINK_H
#define SG_LINK_H
#include "base/err.h"

enum sg_link_type {
	/* to the front */
	SG_LINK_WORKER = 'W', /* fd: the socket of worker `slot` */
	SG_LINK_CONFIG = 'C', /* fd: a file of sg_config_pack() */
	SG_LINK_STOP = 'S',   /* answer who waits, then end */
	SG_LINK_RELOADED = 'R', /* what came of SG_LINK_RELOAD: slot 0 taken, 1
				   refused; fd: a file of the mistakes */
	/* to the supervisor */
	SG_LINK_READY = 'r',  /* the milter socket is being served */
	SG_LINK_STUCK = 'k',  /* kill worker `slot` */
	SG_LINK_RELOAD = 'h', /* read the configuration again, as on SIGHUP */
	SG_LINK_SERVING = 's',/* its milter has just answered us ourselves */
	SG_LINK_ALIVE = 'a'   /* each second, while the front can think */
};

struct sg_link_message {
	enum sg_link_type type;
	unsigned slot;
	int fd; /* -1 = none; the receiver's, which closes it */
};

/* SG_OK; SG_RETRY: the other end is gone or does not read. fd stays yours. */
enum sg_rc sg_link_send(int link, const struct sg_link_message *m);
/* Waits for one. SG_OK; SG_NONE: the other end is gone; SG_BAD: nonsense. */
enum sg_rc sg_link_receive(int link, struct sg_link_message *out);
#endif
