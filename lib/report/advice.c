/* SPDX-License-Identifier: ISC */
/* advice.c - see advice.h: one row a reason. */
#include "report/advice.h"

#include <stdio.h>
#include <string.h>

static const struct sg_advice advice[SG_REASON_COUNT] = {
	[SG_REASON_NONE] = { "No reason was noted.", "See the log.", false },
	[SG_REASON_STARTTLS_NOT_SUPPORTED] = {
		"The mail server offers no TLS, or does not begin it.",
		"Tell the domain's postmaster. If it fails at every domain, "
		"look for an \"SMTP inspection\" in your own firewall.",
		true },
	[SG_REASON_CERT_HOST_MISMATCH] = {
		"The mail server's certificate is for another name.",
		"Tell the domain's postmaster: it must hold the name of the "
		"MX host.", true },
	[SG_REASON_CERT_EXPIRED] = {
		"The mail server's certificate has expired.",
		"Tell the domain's postmaster; it passes as soon as the "
		"certificate is renewed.", true },
	[SG_REASON_CERT_NOT_TRUSTED] = {
		"The mail server's certificate is self-signed, not valid yet, "
		"or from an authority that is not known here.",
		"Tell the domain's postmaster. An authority of your own goes "
		"into probe.ca_file.", true },
	[SG_REASON_VALIDATION_FAILURE] = {
		"TLS could not be verified; with DANE: no TLSA record matches "
		"the certificate.",
		"Tell the domain's postmaster, most likely the TLSA records "
		"were not changed with the certificate.", true },
	[SG_REASON_TLSA_INVALID] = {
		"There are TLSA records, and none of them can be used.",
		"Tell the domain's postmaster: usable records, or none.",
		true },
	[SG_REASON_DNSSEC_INVALID] = {
		"DNSSEC calls the domain's records forged.",
		"Tell who runs the domain's DNS. If it is so at many domains, "
		"look at your own clock and resolver.", true },
	[SG_REASON_DANE_REQUIRED] = {
		"Your rule asks for DANE, and there is no TLSA record that "
		"DNSSEC protects.",
		"Ask for less of this domain (require = \"secure\"), or its "
		"postmaster for TLSA records.", true },
	[SG_REASON_STS_POLICY_FETCH_ERROR] = {
		"The domain announces an MTA-STS policy that could not be "
		"fetched.",
		"Tell the domain's postmaster if it lasts. If it is so at "
		"many domains, look at your own way out to port 443.", true },
	[SG_REASON_STS_POLICY_INVALID] = {
		"The text of the domain's MTA-STS policy is not valid.",
		"Send its postmaster what `stsgate lint policy` says of it.",
		true },
	[SG_REASON_STS_WEBPKI_INVALID] = {
		"The web server of the MTA-STS policy has no valid "
		"certificate.",
		"Tell the domain's postmaster: the host mta-sts below the "
		"domain needs one.", true },
	[SG_REASON_MX_MISMATCH] = {
		"The domain's MTA-STS policy does not list its MX hosts.",
		"Tell the domain's postmaster: policy and MX records must "
		"name the same hosts. If they say that theirs do, somebody "
		"is meddling with your DNS.", true },
	[SG_REASON_STARTTLS_INJECTION] = {
		"Data was slipped in before TLS began: an attack, or a broken "
		"proxy.",
		"Find out on whose side: look at your own firewall first, "
		"then tell the domain's postmaster.", true },
	[SG_REASON_TLS_VERSION] = {
		"The mail server offers no TLS 1.2 or later.",
		"Tell the domain's postmaster that it is time.", true },
	[SG_REASON_UNREACHABLE] = {
		"No mail server of the domain could be connected to.",
		"Wait: such mail could only queue. If it is so at many "
		"domains, look at your own way out to port 25.", true },
	[SG_REASON_TIMEOUT] = {
		"There was no answer before the sender had to get one.",
		"Mostly nothing: what comes late is known the next time. If "
		"there is much of it, look at your resolver and at "
		"reply_deadline.", true },
	[SG_REASON_DNS_ERROR] = {
		"DNS gave no answer.",
		"Tell who runs the domain's DNS if it lasts. If it is so at "
		"many domains, look at your resolver (dns.servers).", true },
	[SG_REASON_NULL_MX] = {
		"The domain says that it accepts no mail.",
		"Nothing here: the address is wrong.", true },
	[SG_REASON_NO_USABLE_MX] = {
		"The domain's MX records name no host that can be used.",
		"Look whether the domain is misspelt; else tell its "
		"postmaster.", true },
	[SG_REASON_REQUIRETLS_NOT_OFFERED] = {
		"The sender asked for REQUIRETLS, and the mail server does "
		"not offer it.",
		"Tell the sender: without REQUIRETLS it goes.", true },
	[SG_REASON_NOT_PROBED] = {
		"The mail server's TLS was not tested.",
		"Set probe.enable = true, or ask for less in the rule.",
		false },
	[SG_REASON_SPECIAL_USE_ADDRESS] = {
		"The mail server's address is a private one, or of another "
		"special use.",
		"If it is in your own network, put that into allow_networks; "
		"else tell the domain's postmaster.", true },
	[SG_REASON_SELF] = {
		"The domain's MX records lead back to this relay.",
		"Look at own_hosts and at the MTA's transport table.", true },
	[SG_REASON_OVERLOAD] = {
		"Too many domains were new at once.",
		"Find out who sends to so many. If it is right, raise "
		"limits.cold_per_sender, limits.cold_per_group or "
		"limits.cold_total.", false },
	[SG_REASON_INTERNAL] = {
		"A lookup was lost inside stsgate.",
		"Look into the log of that time; if there is more than a "
		"little of it, it is a bug to be reported.", false },
	[SG_REASON_STS_POLICY_UNCONFIRMED] = {
		"The domain's MTA-STS policy has become weaker, and has not "
		"been seen twice yet (https.confirm_weaker).",
		"Wait. If it is to count now, purge the domain: stsgate cache "
		"purge.", false },
};

const struct sg_advice *
sg_advice_get(enum sg_reason reason)
{
	return &advice[(unsigned)reason < SG_REASON_COUNT ? reason
							  : SG_REASON_NONE];
}

bool
sg_advice_command(enum sg_reason reason, const char *next_hop,
    char out[SG_ADVICE_COMMAND_SIZE])
{
	const char *quote = next_hop[0] == '[' ? "'" : "";
	char key[SG_NEXTHOP_KEY_SIZE];
	struct sg_nexthop hop;

	if (!sg_advice_get(reason)->theirs ||
	    sg_nexthop_parse(next_hop, &hop, NULL) != SG_OK ||
	    strcmp(sg_nexthop_key(&hop, key), next_hop) != 0)
		return false;
	snprintf(out, SG_ADVICE_COMMAND_SIZE, "stsgate query %s%s%s", quote,
	    key, quote);
	return true;
}
