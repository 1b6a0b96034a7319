/* SPDX-License-Identifier: ISC */
/*
 * job.h - what the front and a net worker say to each other: one frame per
 * SOCK_SEQPACKET message. Both ends treat the other as hostile: every frame is
 * length-checked, every field validated. Pure; fuzzed.
 */
#ifndef SG_JOB_H
#define SG_JOB_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "facts/codec.h"
#include "facts/facts.h"

#define SG_FRAME_MAX (SG_FACTS_RECORD_MAX + 1024)

enum sg_frame_type {
	SG_FRAME_JOB = 1,    /* front to worker */
	SG_FRAME_FACTS = 2,  /* worker to front: record of what was learnt */
	SG_FRAME_PING = 3,   /* front to worker */
	SG_FRAME_PONG = 4,   /* worker to front, same id */
	SG_FRAME_REFUSED = 5, /* worker to front: overloaded, nothing was done */
	SG_FRAME_FIRST = 6,  /* worker to front: record, of a job that is early;
				FACTS, of the MX hosts alone, or DONE follows */
	SG_FRAME_DONE = 7    /* worker to front: FIRST needs no correction */
};

/* Of a held policy's text: longer ones are not told of. */
#define SG_JOB_POLICY_MAX 4096
#define SG_JOB_FRAME_MAX (SG_JOB_POLICY_MAX + 1024)

/* "Find out about hop by deadline." */
struct sg_job {
	uint64_t id;          /* of this job; the answer carries it */
	struct sg_nexthop hop;
	uint32_t deadline_ms; /* from now; 1 to 60,000 */
	struct sg_facts_need need;
	/* The policy that is held and in force, as it was served, so that only
	   hosts are connected to that it names; NULL: there is none, or it is
	   too long. Borrowed: in a decoded job it points into the message. */
	const char *policy;
	size_t policy_len;
	bool probe;           /* MX hosts may be probed */
	bool again;           /* probes that failed are repeated */
	bool early;           /* answer once the handshakes are over, and correct
				 it if need be (M-18) */
	bool demand;          /* a rule or a message asks for a level: find out what
				 the MX hosts attain though nothing is published */
};

struct sg_frame {
	enum sg_frame_type type;
	uint64_t id;
	struct sg_job job;          /* JOB */
	const unsigned char *record; /* FACTS, FIRST: points into the message; decode
					with sg_facts_decode() */
	size_t record_len;
};

/* Writes a frame to buf (SG_FRAME_MAX bytes) and returns its length; 0 if it
   does not fit. */
size_t sg_frame_encode(const struct sg_frame *frame, unsigned char *buf,
    size_t buf_size);
/* SG_OK, or SG_BAD with err. */
enum sg_rc sg_frame_decode(const unsigned char *buf, size_t len,
    struct sg_frame *out, struct sg_err *err);
#endif
