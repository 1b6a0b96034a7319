/* SPDX-License-Identifier: ISC */
/*
 * channel.h - the front's end of one worker's socket: frames out (queued when
 * the socket is full), frames in. Engine thread only.
 */
#ifndef SG_CHANNEL_H
#define SG_CHANNEL_H
#include <stdbool.h>
#include "base/clock.h"
#include "net/job.h"

#define SG_CHANNEL_MAX_QUEUE 20000

struct sg_channel_frame; /* one frame that waits for room */

struct sg_channel {
	int fd; /* -1: no worker */
	struct sg_channel_frame *head, **tail;
	unsigned queued;
	struct sg_mono last_ping;
	unsigned unanswered; /* pings since the last frame that came */
};

void sg_channel_init(struct sg_channel *c);
/* Takes fd (made non-blocking, close-on-exec). Closes what was there. */
void sg_channel_open(struct sg_channel *c, int fd, struct sg_mono now);
void sg_channel_close(struct sg_channel *c);

/* SG_OK sent or queued; SG_RETRY: no worker, or the queue is full. */
enum sg_rc sg_channel_send(struct sg_channel *c, const struct sg_frame *frame);
/* Sends what is queued as far as it goes. SG_RETRY: the worker is gone. */
enum sg_rc sg_channel_flush(struct sg_channel *c);

/* One frame, its record in buf (SG_FRAME_MAX bytes). SG_OK; SG_NONE: nothing
   there now; SG_RETRY: the worker is gone; SG_BAD with err: not a frame. */
enum sg_rc sg_channel_receive(struct sg_channel *c, unsigned char *buf,
    struct sg_frame *out, struct sg_err *err);
#endif
