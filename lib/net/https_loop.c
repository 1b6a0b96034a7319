/* SPDX-License-Identifier: ISC */
/*
 * libcurl's multi_socket interface on libevent: one event a socket, one timer.
 * Transfers are landed after libcurl has returned, never inside it, so that
 * who is told may start and cancel fetches as he likes.
 */
#include <stdlib.h>
#include "net/https_private.h"
#include "net/loop.h"

static void
land_ended(struct sg_https *https)
{
	struct sg_https_fetch *fetch;
	CURLMsg *msg;
	CURLcode code;
	int left;

	while ((msg = curl_multi_info_read(https->multi, &left)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		code = msg->data.result; /* msg goes with the handle */
		fetch = NULL;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &fetch);
		sg_https_landed(fetch, code);
	}
}

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct sg_https *https = arg;
	int flags = 0, running;

	flags |= (what & EV_READ) != 0 ? CURL_CSELECT_IN : 0;
	flags |= (what & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0;
	curl_multi_socket_action(https->multi, fd, flags, &running);
	land_ended(https);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct sg_https *https = arg;
	int running;

	(void)fd;
	(void)what;
	curl_multi_socket_action(https->multi, CURL_SOCKET_TIMEOUT, 0,
	    &running);
	land_ended(https);
}

/* libcurl keeps the event for the socket, and is never left with one that is
   gone: it stays the same until the socket goes. Without memory for one the
   deadline ends the transfer. */
static struct event *
event_of(struct sg_https *https, curl_socket_t fd, short flags,
    struct event *ev)
{
	if (ev != NULL) {
		event_del(ev);
		event_assign(ev, https->base, fd, flags, on_socket, https);
		sg_loop_is_costly(ev);
		return (ev);
	}
	ev = event_new(https->base, fd, flags, on_socket, https);
	if (ev != NULL)
		sg_loop_is_costly(ev);
	if (ev != NULL && curl_multi_assign(https->multi, fd, ev) != CURLM_OK) {
		event_free(ev);
		ev = NULL;
	}
	return (ev);
}

static int
watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
    void *socket_arg)
{
	struct event *ev = socket_arg;
	short flags = EV_PERSIST;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (ev != NULL)
			event_free(ev);
		return (0);
	}
	flags |= (what & CURL_POLL_IN) != 0 ? EV_READ : 0;
	flags |= (what & CURL_POLL_OUT) != 0 ? EV_WRITE : 0;
	ev = event_of(arg, fd, flags, ev);
	if (ev != NULL)
		event_add(ev, NULL);
	return (0);
}

static int
set_timer(CURLM *multi, long ms, void *arg)
{
	struct sg_https *https = arg;
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	(void)multi;
	if (ms < 0)
		return (evtimer_del(https->timer));
	return (evtimer_add(https->timer, &tv));
}

static bool
set_up_multi(struct sg_https *https)
{
	CURLM *m = https->multi;

	return (curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, watch_socket) ==
	    CURLM_OK &&
	    curl_multi_setopt(m, CURLMOPT_SOCKETDATA, https) == CURLM_OK &&
	    curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, set_timer) ==
	    CURLM_OK &&
	    curl_multi_setopt(m, CURLMOPT_TIMERDATA, https) == CURLM_OK &&
	    curl_multi_setopt(m, CURLMOPT_PIPELINING, CURLPIPE_NOTHING) ==
	    CURLM_OK);
}

bool
sg_https_loop_init(struct sg_https *https)
{
	https->timer = evtimer_new(https->base, on_timer, https);
	https->multi = curl_multi_init();
	return (https->timer != NULL && https->multi != NULL &&
	    set_up_multi(https));
}

void
sg_https_loop_fini(struct sg_https *https)
{
	if (https->multi != NULL)
		curl_multi_cleanup(https->multi);
	if (https->timer != NULL)
		event_free(https->timer);
}
