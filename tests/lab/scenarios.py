# SPDX-License-Identifier: ISC
"""What stsgate does with mail, as a table: (recipient, expected) rows, run
through both relays. Domains are those of world.py, groups those of gate.py.
Ids are of the standards: A-02 and so on in the project's list, RFC sections
otherwise. What needs more than one message is in stories.py and faults.py.
"""
from dataclasses import replace

from check import BOTH, POSTFIX_ONLY, SENDMAIL_ONLY, Row, Verdict


def log(result, action, applied=None, reason=None, **more):
    row = dict(result=result, action=action, applied=applied or action,
               **more)
    return dict(row, reason=reason) if reason else row


def to(address, verdict, hop=""):
    return address, replace(verdict, hop=hop)


# --- what can be expected of a recipient ------------------------------------

PASS = Verdict(log=log("pass", "accept"))
# No SMTP next hop that a policy could be about.
FREE = Verdict(log=log("not-applicable", "accept"))
NO_MAIL = replace(FREE, delivered=False)
# Enforce, a MX host matches, and this release does not look at its TLS: said
# so, let through, and marked for whoever wants to treat it.
NOT_PROBED = Verdict(log=log("unknown", "tag", reason="not-probed"), tag=True)


def could_not_look(reason):
    """RFC 8461 3.3: no policy to be had, so deliver as if there were none;
    but "could not look" is not "there is none", and the mail says so."""
    return Verdict(log=log("unknown", "tag", reason=reason), tag=True)


FETCH_ERROR = could_not_look("sts-policy-fetch-error")
WEBPKI = could_not_look("sts-webpki-invalid")
INVALID = could_not_look("sts-policy-invalid")

# Enforce, and no MX host is one of the policy's (RFC 8461 4.1, 5).
MISMATCH = log("fail", "defer", reason="mx-mismatch")
DEFERRED = Verdict("451 4.7.5", ("mx-mismatch", "forged.test",
                                 "MTA-STS enforce"), MISMATCH)
REJECTED = Verdict("550 5.7.5", ("mx-mismatch", "forged.test"),
                   log("fail", "reject", reason="mx-mismatch"))
# Sendmail puts the recipient in front of a 5xx text; says still holds.
HELD = Verdict(log=log("fail", "hold", reason="mx-mismatch"), held=True)
TAGGED = Verdict(log=log("fail", "tag", reason="mx-mismatch"), tag=True)
WOULD_REJECT = Verdict(log=log("fail", "reject", "tag", reason="mx-mismatch",
                               dry_run="1"), tag=True)
# No policy vouches for the MX host, which only the group asks for: the map
# knows nothing of groups, and lets it go
UNVOUCHED_TAGGED = Verdict(log=log("fail", "tag",
                                   reason="validation-failure"), tag=True)
UNVOUCHED_DRY = Verdict(log=log("fail", "reject", "tag", dry_run="1",
                                reason="validation-failure"), tag=True)
BOGUS = Verdict("451 4.", ("dnssec-invalid",),
                log("unknown", "defer", reason="dnssec-invalid"))

ROWS = [
    # --- enforce, and the MX host is one of the policy's --------------------
    Row("enforce, MX named", [to("bob@good.test", NOT_PROBED)]),
    Row("enforce, signed zone", [to("bob@signed.test", NOT_PROBED)]),
    Row("enforce, wildcard MX (V: one label)",
        [to("bob@goodwild.test", NOT_PROBED)]),
    Row("enforce, implicit MX (5321 5.1)",
        [to("bob@implicit.test", NOT_PROBED)]),
    Row("record beside others (B-07)", [to("bob@noise.test", NOT_PROBED)]),
    Row("record is a CNAME (B-18)", [to("bob@aliased.test", NOT_PROBED)]),
    Row("IDN, as A-label", [to("bob@xn--bcher-kva.test", NOT_PROBED)]),
    Row("IDN, as U-label (A-13)",
        [to("bob@b\u00fccher.test", NOT_PROBED, "xn--bcher-kva.test")],
        utf8=True, relays=POSTFIX_ONLY),
    Row("case of the domain (A-10)",
        [to("bob@GOOD.Test", NOT_PROBED, "good.test")]),

    # --- enforce, and it is not: by sender group ----------------------------
    Row("forged MX: default defers (E-01)", [to("bob@forged.test", DEFERRED)]),
    Row("forged MX: strict rejects (E-01)",
        [to("bob@forged.test", REJECTED)], sender="strict"),
    Row("forged MX: dry run accepts and says so; the map does not let it go",
        [to("bob@forged.test", replace(WOULD_REJECT, delivered=False))],
        sender="dry"),
    Row("a group asks too much: dry run delivers and says so",
        [to("bob@elsewhere.test", UNVOUCHED_DRY)], sender="dry"),
    Row("forged MX: hold holds", [to("bob@forged.test", HELD)],
        sender="hold"),
    Row("forged MX: tag accepts; the map does not let it go",
        [to("bob@forged.test", replace(TAGGED, delivered=False))],
        sender="tag"),
    Row("a group asks too much: tag tags",
        [to("bob@elsewhere.test", UNVOUCHED_TAGGED)], sender="tag"),
    Row("forged MX: a group's exception is the gate's alone",
        [to("bob@forged.test", replace(PASS, delivered=False))],
        sender="exempt"),
    Row("forged MX: an exception for every group is the map's too",
        [to("bob@released.test", PASS)]),
    Row("forged MX: an exception that is over does not",
        [to("bob@forgedtoo.test", replace(DEFERRED, says=()))]),
    Row("group by login (XCLIENT)", [to("bob@forged.test", REJECTED)],
        xclient={"LOGIN": "payroll-7"}, relays=POSTFIX_ONLY),
    Row("group by client address", [to("bob@forged.test", REJECTED)],
        client="127.10.2.3"),
    Row("group by client address (XCLIENT)",
        [to("bob@forged.test", REJECTED)],
        xclient={"ADDR": "10.1.2.3", "NAME": "pc.branch.example"},
        relays=POSTFIX_ONLY),
    Row("group by another client address (XCLIENT)",
        [to("bob@forged.test", DEFERRED)],
        xclient={"ADDR": "10.2.2.3", "NAME": "pc.example"},
        relays=POSTFIX_ONLY),
    Row("wildcard is one label only (V)",
        [to("bob@deepwild.test", replace(DEFERRED, says=("mx-mismatch",)))]),

    Row("max_age 1 counts for this decision (P-11)",
        [to("bob@shortlived.test", replace(DEFERRED, says=("mx-mismatch",)))]),

    # --- policies that demand nothing ---------------------------------------
    Row("testing is never enforced (8461 5)", [to("bob@testing.test", PASS)]),
    Row("mode none", [to("bob@nonemode.test", PASS)]),

    # --- there is no policy --------------------------------------------------
    Row("no record, proven", [to("bob@nopolicy.test", PASS)]),
    Row("no record, unsigned", [to("bob@unsigned.test", PASS)]),
    Row("two STS records (B-09)", [to("bob@twotxt.test", PASS)]),
    Row("unfit id (B-10)", [to("bob@badid.test", PASS)]),
    Row("the parent's policy is not the child's (A-03)",
        [to("bob@child.parent.test", PASS)]),

    # --- a policy is promised and cannot be had (C-15) ------------------------
    Row("policy host: expired certificate", [to("bob@expired.test", WEBPKI)]),
    Row("policy host: wrong name", [to("bob@wrongname.test", WEBPKI)]),
    Row("policy host: self-signed", [to("bob@selfsigned.test", WEBPKI)]),
    Row("policy host: 404", [to("bob@gone.test", FETCH_ERROR)]),
    Row("policy host: redirect (C-08)", [to("bob@moved.test", FETCH_ERROR)]),
    Row("policy host: connection refused", [to("bob@closed.test",
                                               FETCH_ERROR)]),
    Row("policy host: text/html (C-10)", [to("bob@html.test", INVALID)]),
    Row("policy host: syntax (P-15)", [to("bob@syntax.test", INVALID)]),
    Row("policy host: unframed body", [to("bob@unframed.test", FETCH_ERROR)]),
    Row("policy host: body cut short", [to("bob@cut.test", FETCH_ERROR)]),
    Row("policy host: over 64 KiB (C-13)",
        [to("bob@toolarge.test", FETCH_ERROR)]),
    Row("policy host: hangs (C-12)", [to("bob@hang.test", FETCH_ERROR)]),
    Row("policy host: an octet a second (C-12)",
        [to("bob@slow.test", FETCH_ERROR)]),
    Row("a group that requires secure waits for the policy",
        [to("bob@gone.test", Verdict(
            "451 4.7.5", ("gone.test",),
            log("unknown", "defer", reason="sts-policy-fetch-error")))],
        sender="careful"),

    # --- DNS that lies, and domains without mail -----------------------------
    Row("bogus signatures are not passed", [to("bob@bogus.test", BOGUS)]),
    Row("null MX is the MTA's to refuse (7505)",
        [to("bob@nullmx.test", NO_MAIL)]),
    Row("NXDOMAIN is the MTA's to refuse",
        [to("bob@nowhere.test", NO_MAIL)]),

    # --- forms of address -----------------------------------------------------
    Row("address literal (A-04)",
        [to("bob@[127.0.25.1]", FREE, "-")]),
    Row("postmaster without a domain (A-09)",
        [to("<postmaster>", NO_MAIL, "-")],
        relays=POSTFIX_ONLY),
    Row("quoted local part with @ (A-08)",
        [to('"x@forged.test"@good.test', NOT_PROBED)]),
    Row("source route (A-07)",
        [to("<@forged.test:bob@good.test>", NOT_PROBED)]),

    # --- the relay's own routing decides the policy domain (A-02) --------------
    Row("smart host with a policy that fails",
        [to("bob@routed.test", DEFERRED, "forged.test")]),
    Row("smart host instead of a domain that would fail",
        [to("bob@rerouted.test", NOT_PROBED, "good.test")],
        relays=POSTFIX_ONLY),
    # FEATURE(sts) asks for the recipient's domain, whatever mailertable says
    Row("smart host: Sendmail asks the map for the domain all the same",
        [to("bob@rerouted.test", replace(NOT_PROBED, delivered=False),
            "good.test")], relays=SENDMAIL_ONLY),
    Row("smart host in brackets",
        [to("bob@hosted.test", PASS, "[mx.good.test]")]),

    # --- several recipients: each for himself ----------------------------------
    Row("only the forged one of three is refused",
        [to("ann@good.test", NOT_PROBED), to("bob@forged.test", DEFERRED),
         to("cyd@good.test", NOT_PROBED)]),
    Row("the refused one first, strict",
        [to("bob@forged.test", REJECTED), to("ann@unsigned.test", PASS)],
        sender="strict"),
    Row("one held recipient holds the message",
        [to("ann@unsigned.test", PASS), to("bob@forged.test", HELD)],
        sender="hold"),
    Row("a pass and an unknown: 1 of 2 in the header",
        [to("ann@unsigned.test", PASS), to("bob@gone.test", FETCH_ERROR)]),

    # --- nobody else may write our header --------------------------------------
    Row("five forged X-Stsgate are gone, ours is there",
        [to("bob@gone.test", FETCH_ERROR)], headers=(
            "X-Stsgate: result=pass\nx-stsgate: result=pass; id=0\n"
            "X-STSGATE: result=pass;\n\treason=folded;\n route=secure\n"
            "X-StsGate:\n folded-from-the-start\nX-Stsgate: last\n")),
    Row("forged X-Stsgate on a clean pass",
        [to("bob@unsigned.test", PASS)],
        headers="X-Stsgate: a\nX-sTSGATE: b\n c\nX-Stsgate: d\n"),
    Row("a header that only begins like ours stays",
        [to("bob@unsigned.test", PASS)], headers="X-Stsgate-Not: kept\n"),
]



def probed():
    """The same for a stsgate that probes: the MX hosts of all these domains
    are good ones."""
    def now(address, verdict):
        if verdict.log == NOT_PROBED.log:
            verdict = replace(PASS, hop=verdict.hop,
                              delivered=verdict.delivered)
        return address, verdict
    return [replace(row, to=[now(*t) for t in row.to]) for row in ROWS]


for row in ROWS:
    assert row.relays in (BOTH, POSTFIX_ONLY, SENDMAIL_ONLY)
