/* SPDX-License-Identifier: ISC */
/* The four functions of https.h, played. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "support/fake_https.h"

struct sg_https_fetch {
	struct sg_https *https;
	struct event *event;
	sg_https_cb *cb;
	void *arg;
};

enum sg_rc
sg_https_new(struct event_base *base, const struct sg_config *config,
    const struct sg_guard *guard, struct sg_https **out_r, struct sg_err *err)
{
	(void)config;
	(void)guard;
	*out_r = calloc(1, sizeof(**out_r));
	if (*out_r == NULL) {
		sg_err_set(err, SG_REASON_INTERNAL, "out of memory");
		return (SG_RETRY);
	}
	(*out_r)->base = base;
	(*out_r)->reason = SG_REASON_STS_POLICY_FETCH_ERROR;
	return (SG_OK);
}

void
sg_https_free(struct sg_https **https)
{
	free(*https);
	*https = NULL;
}

static void
on_fetched(evutil_socket_t fd, short what, void *arg)
{
	struct sg_https_fetch *fetch = arg;
	struct sg_https *https = fetch->https;
	struct sg_https_result r = { .rc = SG_OK };

	(void)fd;
	(void)what;
	if (https->body != NULL) {
		r.body = https->body;
		r.len = strlen(https->body);
	} else {
		r.rc = SG_RETRY;
		sg_err_set(&r.err, https->reason, "played failure");
	}
	event_free(fetch->event);
	fetch->cb(fetch->arg, &r);
	free(fetch);
}

struct sg_https_fetch *
sg_https_get(struct sg_https *https, const struct sg_https_params *params,
    sg_https_cb *cb, void *arg)
{
	struct sg_https_fetch *fetch = calloc(1, sizeof(*fetch));
	char text[SG_ADDR_TEXT_SIZE];

	if (fetch == NULL)
		return (NULL);
	https->gets++;
	snprintf(https->domain, sizeof(https->domain), "%s", params->domain);
	https->port = params->port;
	https->deadline_ms = params->deadline_ms;
	https->addrs[0] = '\0';
	for (size_t i = 0; i < params->n_addrs; i++) {
		size_t n = strlen(https->addrs);

		snprintf(https->addrs + n, sizeof(https->addrs) - n, "%s%s",
		    i > 0 ? " " : "", sg_addr_format(&params->addrs[i], text));
	}
	fetch->https = https;
	fetch->cb = cb;
	fetch->arg = arg;
	fetch->event = evtimer_new(https->base, on_fetched, fetch);
	if (fetch->event == NULL) {
		free(fetch);
		return (NULL);
	}
	if (!https->stuck)
		event_active(fetch->event, EV_TIMEOUT, 0);
	return (fetch);
}

void
sg_https_cancel(struct sg_https_fetch *fetch)
{
	fetch->https->cancels++;
	event_free(fetch->event);
	free(fetch);
}
