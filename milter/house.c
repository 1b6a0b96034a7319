/* SPDX-License-Identifier: ISC */
/* house.c - see house.h. */
#include "house.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "net/worker.h"
#include "confine.h"
#include "process.h"

#define END_WORKER_MS 1000

static enum sg_rc
load(const char *path, struct sg_config **out_r)
{
	struct sg_config_errors errors = { 0 };
	enum sg_rc rc;

	rc = sg_config_load(path != NULL ? path : SG_CONFIG_FILE, out_r,
	    &errors);
	if (rc == SG_NONE && path == NULL) {
		sg_config_errors_fini(&errors);
		memset(&errors, 0, sizeof(errors));
		fputs("stsgate: no " SG_CONFIG_FILE
		      ": using the built-in defaults\n", stderr);
		rc = sg_config_parse("", "defaults", out_r, &errors);
	}
	if (rc != SG_OK)
		sg_config_errors_print(&errors, stderr);
	sg_config_errors_fini(&errors);
	return rc == SG_OK ? SG_OK : SG_BAD;
}

static void
run_worker(struct sg_house *h, int fd, pid_t parent)
{
	struct sg_identity id;
	struct sg_err err;

	if (sg_identity_find(h->config, &id, &err) != SG_OK &&
	    sg_identity_nobody(&id, &err) != SG_OK) {
		fprintf(stderr, "stsgate: %s\n", err.text);
		_exit(EX_CONFIG);
	}
	h->config->log_target = SG_LOG_STDERR;
	sg_process_enter("net query", parent, h->config, &id, &fd, 1,
	    SG_LOG_WARN);
	_exit(sg_worker_run(fd, h->config, sg_confine_worker));
}

static enum sg_rc
start_worker(struct sg_house *h, int *fd)
{
	pid_t parent = getpid();
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return SG_BAD;
	h->worker = fork();
	if (h->worker == 0)
		run_worker(h, pair[1], parent);
	close(pair[1]);
	*fd = pair[0];
	if (h->worker > 0)
		return SG_OK;
	close(pair[0]);
	return SG_BAD;
}

enum sg_rc
sg_house_load(const char *config_path, struct sg_house *h)
{
	memset(h, 0, sizeof(*h));
	return load(config_path, &h->config);
}

enum sg_rc
sg_house_open(struct sg_house *h)
{
	struct sg_store_params store = { .path = NULL };
	struct sg_engine_params engine = { 0 };
	struct sg_err err = { .text = "" };
	int fd;

	h->config->workers = 1;
	sg_log_init(SG_LOG_STDERR, SG_LOG_WARN, "query");
	if (start_worker(h, &fd) != SG_OK) {
		fprintf(stderr, "stsgate: no worker: %s\n", strerror(errno));
		sg_house_close(h);
		return SG_BAD;
	}
	engine.config = h->config;
	if (sg_store_open(&store, &h->store, &err) == SG_OK) {
		engine.store = h->store;
		if (sg_engine_new(&engine, &h->engine, &err) == SG_OK) {
			sg_engine_attach(h->engine, 0, fd);
			return SG_OK;
		}
	}
	fprintf(stderr, "stsgate: %s\n", err.text);
	close(fd);
	sg_house_close(h);
	return SG_BAD;
}

void
sg_house_close(struct sg_house *h)
{
	sg_engine_free(&h->engine); /* closes the worker's socket: it ends */
	if (h->worker > 0)
		(void)sg_process_end(h->worker, END_WORKER_MS);
	if (h->store != NULL)
		sg_store_close(&h->store);
	sg_config_unref(&h->config);
}
