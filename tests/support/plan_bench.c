/* SPDX-License-Identifier: ISC */
/*
 * The port of the MX hosts is known only once they listen, and TLSA records
 * once there are keys: so rows are written with words for both, and copied.
 */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include "facts/codec.h"
#include "support/plan_bench.h"

#define TEXT_MAX 400
#define WAIT_MS 10
#define WAITS_MAX 1000

/* --- TLSA records ------------------------------------------------------- */

static void
put_hex(char *out, const unsigned char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", data[i]);
}

static void
digest_key(X509 *cert, unsigned char out[SHA256_DIGEST_LENGTH])
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	ck_assert_int_gt(len, 0);
	SHA256(der, (size_t)len, out);
	OPENSSL_free(der);
}

static void
write_tlsa(const struct plan_bench *b, X509 *leaf, const char *word, char *out)
{
	unsigned char rdata[3 + SHA256_DIGEST_LENGTH] = { 3, 1, 1 };
	unsigned len = SHA256_DIGEST_LENGTH;

	digest_key(leaf, rdata + 3);
	if (strcmp(word, "TA") == 0) {
		rdata[0] = 2;
		rdata[1] = 0;
		ck_assert_int_eq(X509_digest(b->ca_cert, EVP_sha256(),
		    rdata + 3, &len), 1);
	} else if (strcmp(word, "OTHER") == 0)
		rdata[3] ^= 1;
	else if (strcmp(word, "PKIX") == 0)
		rdata[0] = 1;
	put_hex(out, rdata, sizeof(rdata));
}

/* --- rows --------------------------------------------------------------- */

static char *
copy_text(void)
{
	char *text = calloc(1, TEXT_MAX);

	ck_assert_ptr_nonnull(text);
	return (text);
}

static void
expand(const struct plan_bench *b, X509 *leaf, struct dns_row *row)
{
	char *name = copy_text(), *data;

	if (row->name[0] == '@')
		snprintf(name, TEXT_MAX, "_%u._tcp.%s", b->job.hop.port,
		    row->name + 1);
	else
		snprintf(name, TEXT_MAX, "%s", row->name);
	row->name = name;
	if (row->data == NULL)
		return;
	data = copy_text();
	if (row->type == SG_DNS_TLSA && row->kind == DNS_DATA) {
		write_tlsa(b, leaf, row->data, data);
		row->kind = DNS_RAW;
	} else
		snprintf(data, TEXT_MAX, "%s", row->data);
	row->data = data;
}

static void
load_rows(struct plan_bench *b, X509 *leaf, const struct dns_row *rows,
    size_t n)
{
	b->rows = calloc(n + 1, sizeof(*rows)); /* ends with a NULL name */
	ck_assert_ptr_nonnull(b->rows);
	for (size_t i = 0; i < n; i++) {
		b->rows[i] = rows[i];
		expand(b, leaf, &b->rows[i]);
	}
	dns_server_load(b->dns, b->rows, n);
}

static void
free_rows(struct plan_bench *b)
{
	for (struct dns_row *row = b->rows; row->name != NULL; row++) {
		free((void *)(uintptr_t)row->name);
		free((void *)(uintptr_t)row->data);
	}
	free(b->rows);
}

/* --- servers ------------------------------------------------------------ */

static bool
start_mx(struct plan_bench *b, const struct test_leaf *leaf)
{
	uint16_t port = 0;
	char addr[24];

	for (int i = 0; i < PLAN_BENCH_MX; i++) {
		snprintf(addr, sizeof(addr), "127.0.0.%d", i + 1);
		b->mx[i] = mx_server_start(addr, port, leaf);
		if (b->mx[i] == NULL) {
			while (i-- > 0)
				mx_server_stop(&b->mx[i]);
			return (false);
		}
		port = mx_server_port(b->mx[i]);
	}
	b->job.hop.port = port;
	return (true);
}

static X509 *
start_servers(struct plan_bench *b, const char *sans)
{
	const struct test_leaf_spec spec = { .san = sans };
	const struct test_leaf *leaf;
	FILE *f;
	int tries = 0;

	b->ca = test_ca_new("Test CA");
	ck_assert_ptr_nonnull(b->ca);
	leaf = test_ca_leaf(b->ca, &spec);
	f = fopen(test_ca_file(b->ca), "r");
	ck_assert(leaf != NULL && f != NULL);
	b->ca_cert = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	ck_assert_ptr_nonnull(b->ca_cert);
	while (!start_mx(b, leaf))
		ck_assert_int_lt(++tries, 20);
	b->dns = dns_server_start();
	ck_assert_ptr_nonnull(b->dns);
	return (leaf->cert);
}

static void
sign(struct plan_bench *b)
{
	const char *dir = getenv("TMPDIR");
	char anchor[DNS_ANCHOR_SIZE];
	int fd;

	ck_assert_int_eq(dns_server_sign(b->dns, PLAN_BENCH_UNSIGNED, anchor),
	    0);
	snprintf(b->anchor_path, sizeof(b->anchor_path),
	    "%s/stsgate-plan.XXXXXX",
	    dir != NULL && dir[0] != '\0' ? dir : P_tmpdir);
	fd = mkstemp(b->anchor_path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, anchor, strlen(anchor)),
	    (ssize_t)strlen(anchor));
	close(fd);
}

/* --- the whole ---------------------------------------------------------- */

static void
set_config(struct plan_bench *b)
{
	static char empty[] = "", us[] = "us.test", helo[] = "us.test";
	static char *own[] = { us };
	struct sg_config *c = &b->config;

	ck_assert_int_eq(sg_addr_parse("127.0.0.1", &b->forward.addr), SG_OK);
	b->forward.port = dns_server_port(b->dns);
	ck_assert_int_eq(sg_cidr_parse("127.0.0.0/8", &b->loopback), SG_OK);
	c->dns_servers = &b->forward;
	c->n_dns_servers = 1;
	c->trust_anchor_file = b->anchor_path;
	c->https_ca_file = empty;
	c->https_timeout_ms = 10000;
	c->own_hosts = own;
	c->n_own_hosts = 1;
	c->allow_networks = &b->loopback;
	c->n_allow_networks = 1;
	c->probe_enable = true;
	c->probe_ca_file = strdup(test_ca_file(b->ca));
	c->probe_helo = helo;
	c->probe_timeout_ms = 10000;
	c->probe_good_for_s = 21600;
	c->probe_bad_for_s = 300;
}

void
plan_bench_open(struct plan_bench *b, const struct dns_row *rows, size_t n,
    const char *sans)
{
	struct sg_err err = { 0 };
	X509 *leaf;

	memset(b, 0, sizeof(*b));
	b->base = event_base_new();
	leaf = start_servers(b, sans);
	load_rows(b, leaf, rows, n);
	sign(b);
	set_config(b);
	ck_assert_msg(sg_net_init(&b->net, b->base, &b->config, &err) == SG_OK,
	    "%s", err.text);
	b->job.id = 77;
	b->job.deadline_ms = PLAN_BENCH_LONG_MS;
	b->job.probe = true;
}

void
plan_bench_close(struct plan_bench *b)
{
	sg_facts_unref(&b->first);
	sg_facts_unref(&b->facts);
	sg_net_fini(&b->net);
	for (int i = 0; i < PLAN_BENCH_MX; i++)
		mx_server_stop(&b->mx[i]);
	dns_server_stop(&b->dns);
	unlink(b->anchor_path);
	free_rows(b);
	free(b->config.probe_ca_file);
	X509_free(b->ca_cert);
	test_ca_free(&b->ca);
	event_base_free(b->base);
}

static struct sg_facts *
copy_facts(const struct sg_facts *facts)
{
	struct sg_facts *copy = NULL;
	unsigned char *record;
	size_t len;

	ck_assert_int_eq(sg_facts_encode(facts, &record, &len), SG_OK);
	ck_assert_int_eq(sg_facts_decode(record, len, &copy, NULL), SG_OK);
	free(record);
	return (copy);
}

static void
on_learnt(void *arg, uint64_t job_id, const struct sg_facts *learnt, bool more)
{
	struct plan_bench *b = arg;

	ck_assert_uint_eq(job_id, 77);
	ck_assert_uint_eq(b->called, 0);
	if (more) {
		ck_assert_msg(b->job.early && b->first == NULL, "two words");
		b->first = copy_facts(learnt); /* they will change */
		return;
	}
	b->called++;
	if (learnt != NULL)
		b->facts = sg_facts_ref(learnt);
}

struct sg_plan *
plan_bench_start(struct plan_bench *b, const char *hop)
{
	struct sg_plan *plan;

	b->called = 0;
	sg_facts_unref(&b->first);
	sg_facts_unref(&b->facts);
	snprintf(b->job.hop.name, sizeof(b->job.hop.name), "%s", hop);
	plan = sg_plan_start(&b->net, &b->job, on_learnt, b);
	ck_assert_ptr_nonnull(plan);
	ck_assert_msg(b->called == 0, "callback inside sg_plan_start()");
	return (plan);
}

void
plan_bench_run(struct plan_bench *b, const char *hop)
{
	plan_bench_start(b, hop);
	while (b->called == 0)
		ck_assert_int_eq(event_base_loop(b->base, EVLOOP_ONCE), 0);
}

bool
plan_bench_sees(struct plan_bench *b, unsigned mx, unsigned n)
{
	struct timeval tv = { 0, WAIT_MS * 1000 };
	struct mx_seen seen;

	for (int i = 0; i < WAITS_MAX; i++) {
		mx_server_seen(b->mx[mx], &seen);
		if (seen.connections >= n)
			return (true);
		event_base_loopexit(b->base, &tv);
		event_base_dispatch(b->base);
	}
	return (false);
}

/* Connections are accepted in turn: once one of our own is, all are that were
   there before. Returns how many those are. */
static unsigned
count_accepted(const struct plan_bench *b, int i)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct mx_seen before, seen;
	char addr[24];

	snprintf(addr, sizeof(addr), "127.0.0.%d", i + 1);
	to.sin_port = htons(b->job.hop.port);
	ck_assert_int_eq(inet_pton(AF_INET, addr, &to.sin_addr), 1);
	mx_server_seen(b->mx[i], &before);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	ck_assert_int_eq(send(fd, "fence\r\n", 7, MSG_NOSIGNAL), 7);
	for (int n = 0; n < WAITS_MAX; n++) {
		mx_server_seen(b->mx[i], &seen);
		if (strstr(seen.said, "fence") != NULL)
			break;
		(void)poll(NULL, 0, WAIT_MS);
	}
	close(fd);
	ck_assert_uint_gt(seen.connections, before.connections);
	return (seen.connections - 1);
}

const char *
plan_bench_connections(struct plan_bench *b, char out[64])
{
	size_t len = 0;

	/* What has been asked for and not begun begins. */
	event_base_loop(b->base, EVLOOP_NONBLOCK);
	event_base_loop(b->base, EVLOOP_NONBLOCK);
	for (int i = 0; i < PLAN_BENCH_MX; i++)
		len += (size_t)snprintf(out + len, 64 - len, "%s%u",
		    i > 0 ? "," : "", count_accepted(b, i));
	return (out);
}

size_t
plan_bench_tlsa(struct plan_bench *b, const char *host)
{
	char name[SG_DOMAIN_SIZE + 16];

	snprintf(name, sizeof(name), "_%u._tcp.%s", b->job.hop.port, host);
	return (dns_server_count(b->dns, name, SG_DNS_TLSA));
}
