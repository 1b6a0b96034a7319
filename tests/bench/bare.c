/* SPDX-License-Identifier: ISC */
/*
 * bare.c - what a cold domain costs whoever does only what must be done: six
 * DNS questions (hosts have IPv6 addresses too), one GET over TLS, one STARTTLS, certificates verified.
 *
 * usage: bare DNS-ADDRESS CA-FILE FIRST N THREADS [no-probe]
 * Domains dFIRST.example and on, of world.c, one after the other in each
 * thread. Tells the CPU time of a domain. With DNS-ADDRESS and N alone it
 * tells the median time of N questions.
 */
#include <sys/resource.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/ssl.h>

#include "bench/bench.h"

static struct sockaddr_in dns;
static SSL_CTX *tls;
static atomic_long next_domain, good;
static long last_domain;
static bool probes = true;

/* Packets may be lost: no wait is for ever. */
static int
open_socket(int type)
{
	struct timeval most = { 10, 0 };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
	return fd;
}

/* The four last bytes of the answer, which an A record ends with. */
static bool
ask(const char *name, unsigned type, unsigned char out[4])
{
	unsigned char q[600] = { 1, 2, 1, 0, 0, 1 };
	size_t n = 12;
	ssize_t got;
	int fd = open_socket(SOCK_DGRAM);

	while (*name != '\0') {
		size_t len = strcspn(name, ".");

		q[n++] = (unsigned char)len;
		memcpy(q + n, name, len);
		n += len;
		name += len + (name[len] == '.');
	}
	q[n++] = 0;
	q[n++] = 0;
	q[n++] = (unsigned char)type;
	q[n++] = 0;
	q[n++] = 1;
	if (fd < 0 || connect(fd, (struct sockaddr *)&dns, sizeof(dns)) != 0 ||
	    send(fd, q, n, 0) < 0)
		err(1, "DNS");
	got = recv(fd, q, sizeof(q), 0);
	close(fd);
	if (got < 16 || q[7] == 0)
		return false;
	memcpy(out, q + got - 4, 4);
	return true;
}

/* There are no IPv6 addresses in the world, which has to be asked for. */
static bool
find(const char *host, unsigned char out[4])
{
	unsigned char none[4];

	(void)ask(host, 28, none);
	return ask(host, 1, out);
}

static int
reach(const unsigned char a[4], uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	int fd = open_socket(SOCK_STREAM), one = 1;

	memcpy(&in.sin_addr, a, 4);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, (struct sockaddr *)&in, sizeof(in)) == 0)
		return fd;
	close(fd);
	return -1;
}

static SSL *
secure(int fd, const char *name)
{
	SSL *ssl = SSL_new(tls);

	SSL_set_fd(ssl, fd);
	SSL_set_tlsext_host_name(ssl, name);
	SSL_set1_host(ssl, name);
	if (SSL_connect(ssl) == 1)
		return ssl;
	SSL_free(ssl);
	return NULL;
}

static bool
get(const char *name, const unsigned char a[4])
{
	char text[1024];
	int fd = reach(a, 443), n = -1;
	SSL *ssl = fd < 0 ? NULL : secure(fd, name);

	if (ssl != NULL) {
		n = snprintf(text, sizeof(text), "GET /.well-known/mta-sts.txt"
		    " HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", name);
		(void)SSL_write(ssl, text, n);
		n = SSL_read(ssl, text, sizeof(text) - 1);
		if (n > 0)
			text[n] = '\0';
	}
	SSL_free(ssl);
	if (fd >= 0)
		close(fd);
	return n > 0 && strstr(text, "mode: enforce") != NULL;
}

static bool
said(int fd, const char *line, char want)
{
	char text[1024];

	return (line[0] == '\0' || write(fd, line, strlen(line)) > 0) &&
	    read(fd, text, sizeof(text)) > 0 && text[0] == want;
}

static bool
probe(const char *name, const unsigned char a[4])
{
	int fd = reach(a, 25);
	SSL *ssl = NULL;
	char text[200];
	bool ok;

	if (fd < 0)
		return false;
	if (said(fd, "", '2') && said(fd, "EHLO bare\r\n", '2') &&
	    said(fd, "STARTTLS\r\n", '2'))
		ssl = secure(fd, name);
	ok = ssl != NULL && SSL_write(ssl, "EHLO bare\r\n", 11) > 0 &&
	    SSL_read(ssl, text, sizeof(text)) > 0;
	if (ok)
		(void)SSL_write(ssl, "QUIT\r\n", 6);
	SSL_free(ssl);
	close(fd);
	return ok;
}

static bool
look(long n)
{
	char domain[40], txt[60], web[60], mx[60];
	unsigned char at_web[4], at_mx[4], none[4];

	snprintf(domain, sizeof(domain), "d%ld.example", n);
	snprintf(txt, sizeof(txt), "_mta-sts.%s", domain);
	snprintf(web, sizeof(web), "mta-sts.%s", domain);
	snprintf(mx, sizeof(mx), "mx.%s", domain);
	return ask(txt, 16, none) && ask(domain, 15, none) &&
	    find(web, at_web) && find(mx, at_mx) && get(web, at_web) &&
	    (!probes || probe(mx, at_mx));
}

static void *
work(void *arg)
{
	long n;

	(void)arg;
	while ((n = atomic_fetch_add(&next_domain, 1)) < last_domain)
		good += look(n);
	return NULL;
}

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* What a round trip really takes: the median of n questions, in ms. */
static int
ping(long n)
{
	int64_t times[1000];
	unsigned char none[4];

	for (long i = 0; i < n; i++) {
		int64_t start = bench_now();

		if (!ask("mx.d1.example", 1, none))
			return 1;
		times[i] = bench_now() - start;
	}
	qsort(times, (size_t)n, sizeof(times[0]), by_size);
	printf("%.3f\n", (double)times[n / 2] / 1e6);
	return 0;
}

int
main(int argc, char **argv)
{
	struct rusage u;
	pthread_t threads[1000];
	long n, n_threads;
	int64_t start;
	double cpu;

	if (argc != 3 && argc < 6)
		errx(64, "usage: bare DNS CA FIRST N THREADS [no-probe]");
	dns.sin_family = AF_INET;
	dns.sin_port = htons(53);
	if (inet_pton(AF_INET, argv[1], &dns.sin_addr) != 1)
		errx(64, "%s", argv[1]);
	if (argc == 3)
		return ping(bench_number(argv[2], 1, 1000));
	next_domain = bench_number(argv[3], 0, 100000000);
	n = bench_number(argv[4], 1, 1000000);
	last_domain = next_domain + n;
	n_threads = bench_number(argv[5], 1, 1000);
	probes = argc == 6;
	tls = SSL_CTX_new(TLS_client_method());
	if (tls == NULL || SSL_CTX_load_verify_file(tls, argv[2]) != 1)
		errx(1, "%s", argv[2]);
	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
	start = bench_now();
	for (long i = 0; i < n_threads; i++)
		if (pthread_create(&threads[i], NULL, work, NULL) != 0)
			err(1, "thread");
	for (long i = 0; i < n_threads; i++)
		pthread_join(threads[i], NULL);
	getrusage(RUSAGE_SELF, &u);
	cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
	    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
	printf("{\"domains\": %ld, \"good\": %ld, \"cpu_us\": %.1f, "
	    "\"rate\": %.1f}\n", n, (long)good, cpu / (double)n,
	    (double)n * 1e9 / (double)(bench_now() - start));
	return good >= n * 99 / 100 ? 0 : 1;
}
