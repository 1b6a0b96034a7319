/* SPDX-License-Identifier: ISC */
/*
 * dns_server.h - a scripted DNS server on 127.0.0.1, UDP and TCP, in a thread
 * of the test. It answers like a forwarder: whole CNAME chains, any name.
 */
#ifndef DNS_SERVER_H
#define DNS_SERVER_H
#include <stddef.h>
#include <stdint.h>

enum dns_kind {
	DNS_DATA,       /* data, as below; several rows make an RRset */
	DNS_RAW,        /* data in hex is the rdata */
	DNS_NODATA,
	DNS_NXDOMAIN,
	DNS_SERVFAIL,
	DNS_REFUSED,
	DNS_NOTIMP,
	DNS_SILENT,     /* no answer ever */
	DNS_TRUNCATE,   /* UDP: truncated; TCP: the data */
	DNS_TRUNCATE_ALL, /* UDP: truncated; TCP: the connection is closed */
	DNS_LAME,       /* a referral, not authoritative */
	DNS_BARE,       /* NOERROR with nothing at all in it */
	DNS_CNAME_ONLY, /* a CNAME that is not followed in the same answer */
	DNS_OTHER_NAME, /* the data, at another name than was asked for */
	DNS_OTHER_TYPE, /* an A record instead */
	DNS_BAD_SIG     /* the data; in a signed zone with a broken signature */
};

/* data: A and AAAA the address, MX "10 mx.good.test", CNAME and NS a name,
   TXT character-strings with '|' between them; %hh is an octet. */
struct dns_row {
	const char *name;
	int type;
	enum dns_kind kind;
	const char *data;
	int ttl;      /* 0 = 300 */
	int delay_ms; /* before the answer */
};

struct dns_server;

/* NULL: no sockets. A test that forks opens it, forks, and only then lets it
   run: a fork copies the locks of other threads as they are. */
struct dns_server *dns_server_start(void); /* both */
struct dns_server *dns_server_open(void);
int dns_server_run(struct dns_server *server); /* 0: its thread is there */
void dns_server_stop(struct dns_server **server);
uint16_t dns_server_port(const struct dns_server *server);

/* Names that are in no row do not exist; other types of names that are in one
   are NODATA. Copies nothing: rows must live as long as they serve. */
void dns_server_load(struct dns_server *server, const struct dns_row *rows,
    size_t n);

/* Keeps answers back until n different questions (name and type) have come,
   then gives them all, and from then on at once. */
void dns_server_hold(struct dns_server *server, size_t n);

/* How often was this asked for? type 0: any, name NULL: any. */
size_t dns_server_count(struct dns_server *server, const char *name, int type);

/* Signs what it serves as zone "test." with a key made for it, except names at
   and below unsigned_child, which becomes an unsigned delegation (may be
   NULL). anchor gets the trust anchor, one line. */
#define DNS_ANCHOR_SIZE 256
int dns_server_sign(struct dns_server *server, const char *unsigned_child,
    char anchor[DNS_ANCHOR_SIZE]);
#endif
