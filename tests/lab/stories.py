# SPDX-License-Identifier: ISC
"""Scenarios of more than one message, or of another way in than SMTP."""
import json
import os
import re
import select
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import proc
import smtp
import world
from check import (BOTH, POSTFIX_ONLY, Failure, check_wording, fields, same,
                   stsgate_headers)
from gate import Gate

STORIES = []


@dataclass
class Story:
    name: str
    run: object      # run(lab, relay)
    relays: tuple


def story(name, relays=BOTH, into=STORIES):
    def register(function):
        into.append(Story(name, function, relays))
        return function
    return register


def expect(reply, start):
    if not str(reply).startswith(start):
        raise Failure("reply %r, want %r" % (str(reply), start))
    return reply


@story("what lives an hour is not asked for twice in a minute", POSTFIX_ONLY)
def _(lab, relay):
    """By now the rows have asked for this domain many times over, the first
    time some ten seconds ago."""
    with lab.session(relay) as s:
        s.mail(world.sender("default"))
        expect(s.rcpt("bob@unsigned.test"), "250")
    lab.dns.quiet()
    asked = lab.dns.gate_queries().count("_mta-sts.unsigned.test. TXT")
    same("TXT queries", asked, 1)


@story("several messages in one session")
def _(lab, relay):
    tokens = [lab.token() for _ in range(3)]
    with lab.session(relay) as s:
        for n, token in enumerate(tokens):
            sender = world.sender("strict" if n == 1 else "default")
            s.mail(sender)
            expect(s.rcpt("bob@forged.test"),
                   "550 5.7.5" if n == 1 else "451 4.7.5")
            expect(s.rcpt("bob@gone.test"), "250")
            expect(s.data(smtp.compose(sender, "bob@gone.test", token)),
                   "250")
    for token in tokens:
        arrived = lab.sink.wait(token, 1)
        same("messages at the sink", len(arrived), 1)
        ids = [fields(h)["recipients"] for h in stsgate_headers(arrived[0])]
        same("recipients in X-Stsgate", ids, ["1/1"])


@story("RSET in between forgets the message and its sender")
def _(lab, relay):
    token = lab.token()
    with lab.session(relay) as s:
        s.mail(world.sender("hold"))
        expect(s.rcpt("bob@forged.test"), "250")  # would be held
        expect(s.say("RSET"), "250")
        s.mail(world.sender("strict"))
        expect(s.rcpt("bob@forged.test"), "550 5.7.5")
        expect(s.say("RSET"), "250")
        s.mail(world.sender("default"))
        expect(s.rcpt("bob@unsigned.test"), "250")
        done = expect(s.data(smtp.compose("alice", "bob", token)), "250")
    same("on hold", lab.relays[relay].is_held(lab.relays[relay].qid(done)),
         False)
    same("X-Stsgate", stsgate_headers(lab.sink.wait(token, 1)[0]), [])


@story("the id in the reply is the id in the log")
def _(lab, relay):
    mark = lab.gate.mark()
    with lab.session(relay) as s:
        s.mail(world.sender("default"))
        reply = expect(s.rcpt("bob@forged.test"), "451")
    lab.gate.wait_rows(mark, 1, id=reply.text[-9:-1],
                       next_hop="forged.test")


@story("twenty refused, one delivered")
def _(lab, relay):
    token = lab.token()
    with lab.session(relay) as s:
        s.mail(world.sender("strict"))
        for n in range(20):
            expect(s.rcpt("u%d@forged.test" % n), "550 5.7.5")
        expect(s.rcpt("bob@unsigned.test"), "250")
        expect(s.data(smtp.compose("alice", "bob", token)), "250")
    same("messages at the sink", len(lab.sink.wait(token, 1)), 1)


@story("ten at once for a cold domain: one lookup (single flight)",
       POSTFIX_ONLY)
def _(lab, relay):
    def ask(_):
        with lab.session(relay) as s:
            s.mail(world.sender("default"))
            return s.rcpt("bob@crowd.test")

    with ThreadPoolExecutor(10) as pool:
        replies = list(pool.map(ask, range(10)))
    for reply in replies:
        expect(reply, "451 4.7.5")
    asked = lab.dns.gate_queries()
    for query in ("_mta-sts.crowd.test. TXT", "crowd.test. MX"):
        same(query + " queries", asked.count(query), 1)
    same("policy fetches", lab.web.fetches("crowd.test"), 1)


@story("one policy host for many, each with a policy of its own (K-18)",
       POSTFIX_ONLY)
def _(lab, relay):
    """All at one address: what one of them fails at is not held against
    another."""
    want = {"gone.test": ("-", "sts-policy-fetch-error"),
            "goodwild.test": ("enforce", "*"), "testing.test": ("testing", "*")}
    mark = lab.gate.mark()
    with lab.session(relay) as s:
        s.mail(world.sender("default"))
        for domain in want:
            expect(s.rcpt("bob@" + domain), "250")
    for domain, (mode, reason) in want.items():
        row = lab.gate.wait_rows(mark, 1, next_hop=domain)[0]
        same("mode of " + domain, row.get("mode", "-"), mode)
        if reason != "*":
            same("reason of " + domain, row["reason"], reason)


@story("only the policy domain is asked for (A-02, A-03), no sender's (N-12)",
       POSTFIX_ONLY)
def _(lab, relay):
    # a sender that nobody has written to, nor bounced to
    with lab.session(relay) as s:
        s.mail("alice@asks-nobody.example")
        expect(s.rcpt("bob@unsigned.test"), "250")
    lab.dns.quiet()
    asked = set(lab.dns.gate_queries())
    ours = [q for q in asked if "asks-nobody" in q]
    same("questions about the sender's domain", ours, [])
    for wrong in ("_mta-sts.test. TXT", "_mta-sts.example. TXT",
                  "_mta-sts.127.0.25.1. TXT"):
        if wrong in asked:
            raise Failure("asked for " + wrong)


def submit(lab, group, *recipients):
    """By sendmail(1), as a local program does; returns the token."""
    token = lab.token()
    sender = world.sender(group)
    subprocess.run(["/usr/sbin/sendmail", "-i", "-f", sender, *recipients],
                   input=smtp.compose(sender, recipients[0], token),
                   text=True, check=True)
    return token


@story("local: a good one is delivered", POSTFIX_ONLY)
def _(lab, _relay):
    token = submit(lab, "default", "bob@unsigned.test")
    same("X-Stsgate", stsgate_headers(lab.sink.wait(token, 1)[0]), [])


@story("local: reject bounces with the reason", POSTFIX_ONLY)
def _(lab, _relay):
    token = submit(lab, "strict", "bob@forged.test")
    bounce = lab.sink.wait(token, 1)[0]
    same("bounce to", bounce["Delivered-To"], world.sender("strict"))
    text = bounce.as_string()
    for part in ("5.7.5", "mx-mismatch"):
        if part not in text:
            raise Failure("the bounce lacks %s:\n%s" % (part, text))


def held_locally(lab, group):
    def held():
        return sum(queue == "hold" and sender == world.sender(group)
                   for queue, sender, _ in lab.postfix.waiting())

    before = held()
    submit(lab, group, "bob@forged.test")
    proc.until(lambda: held() == before + 1,
               "the message of group %s on hold" % group)
    proc.until(lambda: not os.listdir(lab.postfix.dir + "/queue/maildrop"),
               "maildrop to be empty")


@story("local: hold goes on hold", POSTFIX_ONLY)
def _(lab, _relay):
    held_locally(lab, "hold")


@story("local: defer goes on hold (WIRE)", POSTFIX_ONLY)
def _(lab, _relay):
    held_locally(lab, "default")


@story("local: dry run delivers", POSTFIX_ONLY)
def _(lab, _relay):
    token = submit(lab, "dry", "bob@elsewhere.test")
    header = stsgate_headers(lab.sink.wait(token, 1)[0])
    same("X-Stsgate fields", len(header), 1)
    same("dry_run", fields(header[0]).get("dry_run"), "1")


@story("milter at a unix socket", POSTFIX_ONLY)
def _(lab, _relay):
    other = Gate(lab, "gate-unix", lab.binary,
                 "unix:%s/gate-unix/milter.sock" % lab.top)
    other.start()
    try:
        with smtp.Session(world.POSTFIX, 2526) as s:
            s.mail(world.sender("strict"))
            reply = expect(s.rcpt("bob@forged.test"), "550 5.7.5")
            check_wording("bob@forged.test", str(reply))
            expect(s.rcpt("bob@unsigned.test"), "250")
    finally:
        other.stop()
    if other.alarms():
        raise Failure("sanitizer: %s" % other.alarms())


def stsgate(lab, *args):
    """One of stsgate's commands; its exit status and what it printed."""
    done = subprocess.run([lab.binary, *args], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=30)
    return done.returncode, done.stdout, done.stderr


@story("explain says what the gate does", POSTFIX_ONLY)
def _(lab, _relay):
    for group, status, action in (("strict", 1, "reject"),
                                  ("default", 1, "defer")):
        got, out, err = stsgate(lab, "explain", "-c", lab.gate.conf,
                                "--json", "--from", world.sender(group),
                                "--to", "bob@forged.test")
        same("exit status (%s)" % err, got, status)
        answer = json.loads(out)
        same("explained", {k: answer[k] for k in (
            "group", "next_hop", "result", "reason", "action")},
            {"group": group, "next_hop": "forged.test", "result": "fail",
             "reason": "mx-mismatch", "action": action})


@story("query says what a domain publishes", POSTFIX_ONLY)
def _(lab, _relay):
    good = 0 if lab.mxhosts else 2  # unknown without a probe
    for domain, status, state in (("good.test", good, "policy"),
                                  ("forged.test", 1, "policy"),
                                  ("unsigned.test", 0, "none"),
                                  ("expired.test", 2, "error")):
        got, out, err = stsgate(lab, "query", "-c", lab.gate.conf, "--json",
                                domain)
        same("exit status of %s (%s)" % (domain, err), got, status)
        same("sts.state of " + domain, json.loads(out)["sts"]["state"],
             state)


@story("check-config: 0 for what the lab runs", POSTFIX_ONLY)
def _(lab, _relay):
    got, _out, err = stsgate(lab, "check-config", "-c", lab.gate.conf)
    same("exit status (%s)" % err, got, 0)


def look_up(lab, name, dns, domain):
    """What `query --json` says with another way to ask DNS, and how it
    ended."""
    text = re.sub(r"^dns = .*$", "dns = { %s }" % dns, lab.gate.text,
                  flags=re.M)
    conf = proc.write(os.path.join(lab.top, "dns-modes", name), text)
    got, out, err = stsgate(lab, "query", "-c", conf, "--json", "--no-probe",
                            domain)
    if not out:
        raise Failure("exit %d: %s" % (got, err))
    return json.loads(out)


@story("DNS: the servers of resolv.conf, validated here", POSTFIX_ONLY)
def _(lab, _relay):
    log = lab.dns.log("unbound-mta")
    before = proc.read(log).count("_mta-sts.signed.test. TXT")
    answer = look_up(lab, "resolv", 'trust_anchor_file = "%s"' %
                     lab.dns.anchor, "signed.test")
    same("policy", answer["sts"]["state"], "policy")
    same("DNSSEC", answer["mx"][0]["dnssec"], "secure")
    if proc.read(log).count("_mta-sts.signed.test. TXT") == before:
        raise Failure("another server was asked")
    answer = look_up(lab, "resolv", 'trust_anchor_file = "%s"' %
                     lab.dns.anchor, "bogus.test")
    same("forged MX records", answer["reason"], "dnssec-invalid")


@story("DNS: recursion from the root, validated here; not to loopback (T11)",
       POSTFIX_ONLY)
def _(lab, _relay):
    how = 'servers = ["recursive"]  trust_anchor_file = "%s"' % \
        lab.dns.root_anchor
    answer = look_up(lab, "recursion", how, "lab.recursion")
    same("policy", answer["sts"]["state"], "policy")
    same("MX", answer["mx"][0]["host"], "mx.lab.recursion")
    same("DNSSEC", answer["mx"][0]["dnssec"], "secure")
    answer = look_up(lab, "recursion", how, "nobody.recursion")
    same("a domain that is not there", answer["reason"], "no-usable-mx")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sentinel:
        sentinel.bind((world.SENTINEL, 53))
        answer = look_up(lab, "recursion", how, "inner.recursion")
        same("a domain whose name server is on loopback", answer["reason"],
             "dns-error")
        same("asked there", select.select([sentinel], [], [], 0)[0], [])
