/* SPDX-License-Identifier: ISC */
/*
 * reception.h - takes connections at a listening socket and gives each a thread
 * of its own, few at a time: for the control socket and the metrics, which are
 * asked seldom.
 */
#ifndef SG_RECEPTION_H
#define SG_RECEPTION_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct sg_reception {
	int fd; /* listening; stays the caller's */
	int max_clients; /* more are closed at once */
	/* Before a thread is spent on it; false: turned away. May be NULL. */
	bool (*may_enter)(int fd);
	void (*serve)(void *arg, int fd); /* does not close fd */
	void *arg;
};

/* Runs until the process ends. reception is copied. SG_BAD with err: no
   thread, no memory. */
enum sg_rc sg_reception_open(const struct sg_reception *reception,
    struct sg_err *err);

/* Waits for events (poll(2)) until a moment. False: it has passed, or the
   descriptor is of no use. */
bool sg_reception_wait(int fd, short events, int64_t until_ms);
/* Sends all of data by then. False: it was not taken. */
bool sg_reception_send(int fd, const char *data, size_t len,
    int64_t until_ms);
#endif
