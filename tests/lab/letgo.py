# SPDX-License-Identifier: ISC
"""`held --release`: what is let go was promised something, as mail that is
accepted is, and delivery keeps to it whatever becomes of the policy (THREATS
T25)."""
import json
import re
import sqlite3

import proc
import world
from check import BOTH, Failure, same
from hookup import STORIES, encrypted, hooked, released, send
from stories import story, stsgate

DOMAIN = "swap-held.test"
HOST = "mx." + DOMAIN
SECURE = 3  # the level, as the store has it
TRIED = r" %s: to=.*(?:status=deferred|stat=(?:Deferred|[0-9]))"


def publish(lab, policy):
    """The zone with a TXT record or without. Nothing of it is to be cached."""
    lab.held_serial = getattr(lab, "held_serial", 10) + 1
    lab.dns.zone(DOMAIN, "\n".join([
        "$ORIGIN %s." % DOMAIN, "$TTL 1",
        "@ SOA ns.test. hostmaster.test. %d 3600 600 86400 1" %
        lab.held_serial, "@ NS ns.test.", "@ MX 10 mx", "mx A 127.0.28.4",
        "mta-sts A " + world.WEB,
        '_mta-sts TXT "%s"' % world.STS if policy else "", ""]))
    proc.tool("knotc", "-b", "-c", lab.dns.conf, "zone-reload", DOMAIN)


def held(lab, mta, *args):
    """{queue ID: what the command says of it}"""
    where = ["--mta-config", mta.etc] if mta.name_in_rows == "postfix" else \
        ["--mta-config", mta.cf, "--mta-program", mta.binary]
    status, out, err = stsgate(lab, "held", "--json", "-c", mta.gate.conf,
                               "--mta", mta.name_in_rows, *where, *args)
    same("exit status (%s)" % err, status, 0)
    return {m["id"]: m for m in map(json.loads, out.splitlines())}


def let_go(lab, mta):
    """With what there is to be known now."""
    same("exit status of refresh", stsgate(
        lab, "cache", "refresh", "-c", mta.gate.conf, DOMAIN)[0], 0)
    return held(lab, mta, "--release")


def pins(mta):
    """As who looks into the store's file sees them."""
    with sqlite3.connect("file:%s/state/facts.sqlite?mode=ro" % mta.gate.dir,
                         uri=True) as db:
        return {key: (level, names) for key, level, names in
                db.execute("SELECT key, level, names FROM pins")
                if key == DOMAIN}


def published(lab, mta):
    """As the daemon knows it: it believes DNS for ten seconds."""
    out = stsgate(lab, "query", "--json", "-c", mta.gate.conf, DOMAIN)[1]
    return json.loads(out)["published"]


def tries(mta, qid):
    return len(re.findall(TRIED % qid, proc.read(mta.log)))


@story("held: what is let go is pinned, and delivered by that (T25)", BOTH,
       STORIES)
def _(lab, relay):
    mta, mx = hooked(lab).relays[relay], hooked(lab).mx
    try:
        mx.set(HOST, "clear")
        publish(lab, True)
        proc.until(lambda: published(lab, mta) == "secure", "the policy", 60)
        token, qid = send(lab, relay, "held", ["bob@" + DOMAIN])
        same("on hold", mta.is_held(qid), True)
        same("pins while it is held", pins(mta), {})
        same("let go too early", let_go(lab, mta)[qid]["released"], False)
        # the owner has mended it; but on the relay's way an attacker sits
        mx.set(HOST, "clear", for_prober="tls")
        proc.until(lambda: let_go(lab, mta)[qid]["released"],
                   "a probe that finds TLS", 60)  # one is good for a while
        proc.until(lambda: pins(mta), "the pin on disk")
        same("pin", pins(mta), {DOMAIN: (SECURE, HOST)})
        # the policy ends: nothing else is known of the domain by now
        publish(lab, False)
        proc.until(lambda: published(lab, mta) == "none",
                   "the end of the policy", 60)
        before = tries(mta, qid)
        mta.restart_clients()
        mta.flush()
        proc.until(lambda: tries(mta, qid) > before or
                   lab.sink.messages(token), "another try", 60)
        same("messages at the sink", len(lab.sink.messages(token)), 0)
        mx.set(HOST)
        same("delivered in TLS", [encrypted(m) for m in
                                  released(lab, relay, token)], [True])
        if published(lab, mta) != "none":
            raise Failure("the policy was there again")
    finally:
        mx.set(HOST)
        publish(lab, True)
