/* SPDX-License-Identifier: ISC */
/*
 * metrics.c - see metrics.h.
 *
 * One row a metric says its name, type and help; what is printed and what is
 * documented are made from the same rows. The HTTP that a scraper needs is one
 * request line; everything is bounded (THREATS 2.6): eight clients, 8 KiB, five
 * seconds from the first octet to the last.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "metrics.h"

#include <sys/socket.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "reception.h"
#include "report/counters.h"
#include "status.h"

#define MAX_CLIENTS 8
#define REQUEST_MAX 8192
#define CLIENT_MS 5000

enum metric {
	M_BUILD, M_UP, M_DECISIONS, M_FAILURES, M_LOOKUPS, M_SECONDS, M_ENTRIES,
	M_HITS, M_MISSES, M_TLSMAP, M_RESTARTS, M_WORKERS, M_EXPIRY, M_CONFIG,
	M_DEGRADED, M_UNSEALED, M_LOG, N_METRICS
};

static const struct {
	const char *name, *type, *help;
} metrics[N_METRICS] = {
	[M_BUILD] = { "stsgate_build_info", "gauge",
	    "1, with the version." },
	[M_UP] = { "stsgate_start_time_seconds", "gauge",
	    "When the front process started." },
	[M_DECISIONS] = { "stsgate_decisions_total", "counter",
	    "Recipients, by group, result, action of the rule and what was "
	    "applied." },
	[M_FAILURES] = { "stsgate_failures_total", "counter",
	    "Recipients that did not pass, by reason." },
	[M_LOOKUPS] = { "stsgate_lookups_total", "counter",
	    "What workers looked up, by kind and result; kind all is "
	    "lookups that brought nothing." },
	[M_SECONDS] = { "stsgate_lookup_seconds", "histogram",
	    "How long a lookup took." },
	[M_ENTRIES] = { "stsgate_cache_entries", "gauge",
	    "Next hops in memory, with a policy and without; and rows that "
	    "wait for the disk." },
	[M_HITS] = { "stsgate_cache_hits_total", "counter",
	    "Next hops found in memory, and on disk." },
	[M_MISSES] = { "stsgate_cache_misses_total", "counter",
	    "Next hops found nowhere." },
	[M_TLSMAP] = { "stsgate_tlsmap_requests_total", "counter",
	    "Answers of the TLS policy map, by dialect." },
	[M_RESTARTS] = { "stsgate_workers_restarts_total", "counter",
	    "Net workers that were lost or replaced." },
	[M_WORKERS] = { "stsgate_workers_up", "gauge",
	    "Net workers that answer." },
	[M_EXPIRY] = { "stsgate_policy_expiry_seconds", "gauge",
	    "Until the first cached policy whose refresh fails ends; +Inf: "
	    "none fails." },
	[M_CONFIG] = { "stsgate_config_reload_ok", "gauge",
	    "1 if the last configuration that was read is in force." },
	[M_DEGRADED] = { "stsgate_store_degraded", "gauge",
	    "1 while the disk cannot be used." },
	[M_UNSEALED] = { "stsgate_store_unsealed_total", "counter",
	    "Rows of the store that were refused: not sealed by "
	    "store_key_file, or put back." },
	[M_LOG] = { "stsgate_log_dropped_total", "counter",
	    "Log lines that nobody took in time." },
};

/* --- printing -------------------------------------------------------------------- */

static void
head(FILE *out, enum metric m)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", metrics[m].name,
	    metrics[m].help, metrics[m].name, metrics[m].type);
}

static void
one(FILE *out, enum metric m, double value)
{
	head(out, m);
	fprintf(out, "%s %.17g\n", metrics[m].name, value);
}

static void
with(FILE *out, enum metric m, const char *label, const char *value,
    double number)
{
	fprintf(out, "%s{%s=\"%s\"} %.17g\n", metrics[m].name, label, value,
	    number);
}

struct series {
	FILE *out;
	enum metric m;
};

static void
print_series(void *arg, const char *name, const char *labels,
    unsigned long value)
{
	struct series *s = arg;

	if (strcmp(name, metrics[s->m].name) == 0)
		fprintf(s->out, "%s{%s} %lu\n", name, labels, value);
}

static void
print_counted(FILE *out, enum metric m)
{
	struct series s = { out, m };

	head(out, m);
	sg_counters_each(print_series, &s);
}

static void
print_histogram(FILE *out)
{
	struct sg_histogram h;
	const char *name = metrics[M_SECONDS].name;

	sg_counters_histogram(&h);
	head(out, M_SECONDS);
	for (size_t i = 0; i < SG_COUNTERS_BUCKETS; i++)
		fprintf(out, "%s_bucket{le=\"%g\"} %lu\n", name,
		    sg_counters_bound[i], h.le[i]);
	fprintf(out, "%s_bucket{le=\"+Inf\"} %lu\n%s_sum %g\n%s_count %lu\n",
	    name, h.count, name, h.sum_s, name, h.count);
}

static void
print_store(struct sg_store *store, FILE *out)
{
	struct sg_store_stats s;

	sg_store_stats(store, &s);
	head(out, M_ENTRIES);
	with(out, M_ENTRIES, "kind", "policy", (double)s.memory_policies);
	with(out, M_ENTRIES, "kind", "none",
	    (double)(s.memory_entries - s.memory_policies));
	with(out, M_ENTRIES, "kind", "unwritten", (double)s.unwritten);
	head(out, M_HITS);
	with(out, M_HITS, "tier", "memory", (double)s.hits_memory);
	with(out, M_HITS, "tier", "store", (double)s.hits_disk);
	one(out, M_MISSES, (double)s.misses);
	one(out, M_DEGRADED, s.degraded);
	one(out, M_UNSEALED, (double)s.unsealed);
}

static void
print_tlsmap(struct sg_tlsmap *map, FILE *out)
{
	struct sg_tlsmap_stats s;

	head(out, M_TLSMAP);
	if (map == NULL)
		return;
	sg_tlsmap_stats(map, &s);
	for (unsigned d = 0; d < SG_DIALECTS; d++)
		for (unsigned w = 0; w < SG_MAP_WORDS; w++)
			if (s.answers[d][w] > 0)
				fprintf(out, "%s{dialect=\"%s\",answer=\"%s\"}"
				    " %lu\n", metrics[M_TLSMAP].name,
				    sg_dialect_name(d), sg_map_word_name(w),
				    s.answers[d][w]);
}

static void
print_expiry(FILE *out)
{
	struct sg_wall now = sg_wall_now();
	struct sg_wall first = sg_counters_first_expiry(now);

	head(out, M_EXPIRY);
	if (first.s == 0)
		fprintf(out, "%s +Inf\n", metrics[M_EXPIRY].name);
	else
		fprintf(out, "%s %lld\n", metrics[M_EXPIRY].name,
		    (long long)(first.s - now.s));
}

void
sg_metrics_print(const struct sg_metrics_params *p, FILE *out)
{
	struct sg_engine_stats e;
	struct sg_status status;

	sg_engine_stats(p->engine, &e);
	sg_status_get(&status);
	head(out, M_BUILD);
	with(out, M_BUILD, "version", PACKAGE_VERSION, 1);
	one(out, M_UP, (double)status.started.s);
	print_counted(out, M_DECISIONS);
	print_counted(out, M_FAILURES);
	print_counted(out, M_LOOKUPS);
	print_histogram(out);
	print_store(p->store, out);
	print_tlsmap(p->tlsmap, out);
	one(out, M_RESTARTS, (double)e.worker_losses);
	one(out, M_WORKERS, e.workers_up);
	print_expiry(out);
	one(out, M_CONFIG, status.config_ok);
	one(out, M_LOG, (double)sg_log_dropped());
}

/* --- HTTP --------------------------------------------------------------------------- */

/* The head of a request, NUL-terminated; only its first line counts. */
static bool
read_head(int fd, char out[REQUEST_MAX + 1], int64_t until)
{
	size_t have = 0;
	ssize_t n;

	do {
		if (have == REQUEST_MAX ||
		    !sg_reception_wait(fd, POLLIN, until))
			return false;
		n = recv(fd, out + have, REQUEST_MAX - have, 0);
		if (n <= 0)
			return false;
		have += (size_t)n;
		out[have] = '\0';
	} while (strstr(out, "\r\n\r\n") == NULL);
	return true;
}

static void
reply(int fd, const char *status, const char *body, size_t len, bool head_only,
    int64_t until)
{
	char text[300];

	snprintf(text, sizeof(text), "HTTP/1.1 %s\r\n"
	    "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
	    "Content-Length: %zu\r\nConnection: close\r\n%s\r\n", status, len,
	    strncmp(status, "405", 3) == 0 ? "Allow: GET, HEAD\r\n" : "");
	if (sg_reception_send(fd, text, strlen(text), until) && !head_only)
		(void)sg_reception_send(fd, body, len, until);
}

static void
reply_metrics(const struct sg_metrics_params *p, int fd, bool head_only,
    int64_t until)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out != NULL) {
		sg_metrics_print(p, out);
		if (fclose(out) == 0)
			reply(fd, "200 OK", text, len, head_only, until);
	}
	free(text);
}

static void
serve(void *arg, int fd)
{
	const struct sg_metrics_params *p = arg;
	int64_t until = sg_mono_now().ms + CLIENT_MS;
	char head_text[REQUEST_MAX + 1];
	const char *target;
	bool head_only;

	if (!read_head(fd, head_text, until))
		return;
	head_only = strncmp(head_text, "HEAD ", 5) == 0;
	if (!head_only && strncmp(head_text, "GET ", 4) != 0) {
		reply(fd, "405 Method Not Allowed", "", 0, false, until);
		return;
	}
	target = head_text + (head_only ? 5 : 4);
	if (strncmp(target, "/metrics ", 9) == 0 ||
	    strncmp(target, "/metrics?", 9) == 0)
		reply_metrics(p, fd, head_only, until);
	else
		reply(fd, "404 Not Found", "/metrics\n", 9, head_only, until);
}

enum sg_rc
sg_metrics_start(const struct sg_metrics_params *params, struct sg_err *err)
{
	static struct sg_metrics_params kept; /* for the threads */
	struct sg_reception r = { .fd = params->fd,
		.max_clients = MAX_CLIENTS, .serve = serve, .arg = &kept };

	kept = *params;
	return sg_reception_open(&r, err);
}
