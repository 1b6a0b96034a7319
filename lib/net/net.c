/* SPDX-License-Identifier: ISC */
/*
 * What the plans of one worker share: the resolver, the HTTPS client, the
 * prober and the address guard.
 */
#include <string.h>
#include "net/anchors.h"
#include "net/https_private.h"
#include "net/plan.h"
#include "net/probe_private.h"

#define HTTPS_PORT 443

static enum sg_rc
open_probes(struct sg_net *net, struct sg_err *err)
{
	enum sg_rc rc;

	if (!net->config->probe_enable)
		return (SG_OK);
	rc = sg_prober_new(net->base, net->config, net->guard, &net->prober,
	    err);
	if (rc != SG_OK)
		return (rc);
	net->probes = sg_probe_share_new(net->base, net->prober,
	    (int)net->config->probe_timeout_ms);
	if (net->probes != NULL)
		return (SG_OK);
	sg_err_set(err, SG_REASON_INTERNAL, "out of memory");
	return (SG_RETRY);
}

static enum sg_rc
open_all(struct sg_net *net, struct sg_err *err)
{
	enum sg_rc rc;

	net->guard = sg_guard_new(net->config);
	if (net->guard == NULL) {
		sg_err_set(err, SG_REASON_INTERNAL, "out of memory");
		return (SG_RETRY);
	}
	rc = sg_dns_new(net->base, net->config, &net->dns, err);
	if (rc == SG_OK)
		rc = sg_https_new(net->base, net->config, net->guard,
		    &net->https, err);
	if (rc == SG_OK)
		rc = open_probes(net, err);
	return (rc);
}

enum sg_rc
sg_net_init(struct sg_net *net, struct event_base *base,
    const struct sg_config *config, struct sg_err *err)
{
	enum sg_rc rc;

	memset(net, 0, sizeof(*net));
	net->base = base;
	net->config = config;
	net->https_port = HTTPS_PORT;
	rc = open_all(net, err);
	if (rc != SG_OK)
		sg_net_fini(net);
	return (rc);
}

enum sg_rc
sg_net_check(const struct sg_config *config, struct sg_err *err)
{
	struct sg_anchors anchors;
	X509_STORE *store = NULL;
	SSL_CTX *ctx = NULL;
	enum sg_rc rc;

	rc = sg_https_trust_load(config->https_ca_file, &store, err);
	if (rc == SG_OK && config->probe_enable)
		rc = sg_probe_tls_ctx(config->probe_ca_file, &ctx, err);
	if (rc == SG_OK && config->trust_anchor_file != NULL &&
	    config->trust_anchor_file[0] != '\0')
		rc = sg_anchors_read(config->trust_anchor_file, &anchors, err);
	X509_STORE_free(store);
	SSL_CTX_free(ctx);
	return (rc);
}

void
sg_net_fini(struct sg_net *net)
{
	sg_probe_share_free(&net->probes);
	if (net->prober != NULL)
		sg_prober_free(&net->prober);
	if (net->https != NULL)
		sg_https_free(&net->https);
	sg_dns_free(&net->dns);
	sg_guard_free(&net->guard);
}
