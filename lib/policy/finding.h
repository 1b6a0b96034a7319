/* SPDX-License-Identifier: ISC */
/*
 * finding.h - what a parser of this room has to say about a text: shared by
 * the gate (which looks at errors only) and lint (which shows all).
 */
#ifndef SG_FINDING_H
#define SG_FINDING_H
#include <stddef.h>

enum sg_severity { SG_ERROR, SG_WARNING, SG_NOTE };

struct sg_finding {
	unsigned line; /* from 1; 0 = the whole text */
	enum sg_severity severity;
	const char *rfc; /* static, "8461 3.2" */
	char text[200];  /* what is wrong and what to do; printable ASCII */
};

#define SG_FINDINGS_MAX 64

/* Caller's storage; start with all zero. When it is full, further findings
   are counted in dropped, but the first error is always kept. */
struct sg_findings {
	size_t n, dropped;
	size_t errors; /* how many of all were errors */
	struct sg_finding f[SG_FINDINGS_MAX];
};

const char *sg_severity_name(enum sg_severity severity);

/* fs may be NULL. */
void sg_finding_add(struct sg_findings *fs, unsigned line,
    enum sg_severity severity, const char *rfc, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Puts what is said of lines in their order, what is said of the whole behind
   it; otherwise the order stays. */
void sg_findings_sort(struct sg_findings *fs);

/* The first error in the list; NULL if there is none. */
const struct sg_finding *sg_findings_first_error(const struct sg_findings *fs);
#endif
