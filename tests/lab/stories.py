# SPDX-License-Identifier: ISC
"""Scenarios of more than one message, or of another way in than SMTP."""
import os
import subprocess
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


@story("several messages in one session")
def _(lab, relay):
    tokens = [lab.token() for _ in range(3)]
    with lab.session(relay) as s:
        for n, token in enumerate(tokens):
            sender = world.sender("strict" if n == 1 else "default")
            s.mail(sender)
            expect(s.rcpt("bob@forged.test"),
                   "550 5.7.5" if n == 1 else "451 4.7.5")
            expect(s.rcpt("bob@good.test"), "250")
            expect(s.data(smtp.compose(sender, "bob@good.test", token)),
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
    row = lab.gate.wait_rows(mark, 1)[0]
    same("id in the reply", reply.text[-9:-1], row["id"])


@story("a hundred recipients, one lookup (single flight)")
def _(lab, relay):
    if relay == "postfix":
        mark = len(lab.dns.gate_queries())
        with lab.session(relay) as s:
            s.mail(world.sender("default"))
            for n in range(100):
                expect(s.rcpt("u%d@shortlived.test" % n), "451 4.7.5")
        asked = lab.dns.gate_queries()[mark:]
        same("TXT queries", asked.count("_mta-sts.shortlived.test. TXT"), 1)
    else:
        with lab.session(relay) as s:
            s.mail(world.sender("strict"))
            for n in range(20):
                expect(s.rcpt("u%d@forged.test" % n), "550 5.7.5")
            token = lab.token()
            expect(s.rcpt("bob@unsigned.test"), "250")
            expect(s.data(smtp.compose("alice", "bob", token)), "250")
        lab.sink.wait(token, 1)


@story("only the policy domain is asked for (A-02, A-03)", POSTFIX_ONLY)
def _(lab, _relay):
    asked = set(lab.dns.gate_queries())
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
    before = len(lab.postfix.waiting())
    submit(lab, group, "bob@forged.test")
    proc.until(lambda: [r for r in lab.postfix.waiting()
                        if r[0] == "hold" and r[1] == world.sender(group)],
               "the message of group %s on hold" % group)
    same("new messages in the queue", len(lab.postfix.waiting()), before + 1)
    same("files in maildrop",
         os.listdir(lab.postfix.dir + "/queue/maildrop"), [])


@story("local: hold goes on hold", POSTFIX_ONLY)
def _(lab, _relay):
    held_locally(lab, "hold")


@story("local: defer goes on hold (WIRE)", POSTFIX_ONLY)
def _(lab, _relay):
    held_locally(lab, "default")


@story("local: dry run delivers", POSTFIX_ONLY)
def _(lab, _relay):
    token = submit(lab, "dry", "bob@forged.test")
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
