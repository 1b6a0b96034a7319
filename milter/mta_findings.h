/* SPDX-License-Identifier: ISC */
/*
 * mta_findings.h - what check-config --mta has to say of an MTA's own
 * configuration, and how it is shown. One thread.
 */
#ifndef SG_MTA_FINDINGS_H
#define SG_MTA_FINDINGS_H
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include "policy/finding.h"

enum sg_topic {
	SG_TOPIC_MILTER,
	SG_TOPIC_MAP,
	SG_TOPIC_TLS,
	SG_TOPIC_ROUTES,
	SG_TOPIC_SOCKETS,
	SG_TOPIC_OTHER,
	SG_TOPIC_COUNT
};

struct sg_mta_finding {
	enum sg_severity severity; /* a note is no fault */
	enum sg_topic topic;
	char option[200]; /* "main.cf: smtpd_milters" */
	char text[500];   /* what is wrong, and what comes of it */
	char remedy[400]; /* the line to put there; "" = the text says it */
};

#define SG_MTA_FINDINGS_MAX 200
struct sg_mta_findings {
	size_t n, dropped;
	size_t faults; /* errors and warnings, dropped ones too */
	struct sg_mta_finding *f;
};

/* Where it is, and what to put there; remedy may be NULL. */
struct sg_mta_about {
	enum sg_severity severity;
	enum sg_topic topic;
	const char *option, *remedy;
};

/* Control characters and what is not ASCII become '?': the texts quote
   configuration files. */
void sg_mta_find(struct sg_mta_findings *fs, const struct sg_mta_about *about,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void sg_mta_findings_fini(struct sg_mta_findings *fs);

/* By topic, faults before notes. */
void sg_mta_findings_print(const struct sg_mta_findings *fs, FILE *out,
    bool colour);
/* [{"severity","topic","option","text","remedy"}], a new reference. */
json_t *sg_mta_findings_json(const struct sg_mta_findings *fs);
#endif
