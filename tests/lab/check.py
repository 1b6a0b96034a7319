# SPDX-License-Identifier: ISC
"""Sends what a row of scenarios.py says through a relay, and compares all
that can be seen from outside: replies, stsgate's log, the queue, and the mail
that arrived."""
import re
from dataclasses import dataclass, field

import smtp
import world

BOTH = ("postfix", "sendmail")
POSTFIX_ONLY = ("postfix",)
SENDMAIL_ONLY = ("sendmail",)


class Failure(Exception):
    """Something was not as the scenario says."""


@dataclass(frozen=True)
class Verdict:
    """What is expected for one recipient."""
    reply: str = "250"        # the RCPT reply begins with it
    says: tuple = ()          # and contains these
    log: dict = field(default_factory=dict)
    tag: bool = False         # makes the message carry X-Stsgate
    held: bool = False
    delivered: bool = True    # arrives at the sink, if accepted and not held
    hop: str = ""             # next hop in the log; "" = the domain

    @property
    def accepted(self):
        return self.reply.startswith("250")


@dataclass
class Row:
    name: str
    to: list                  # (address, Verdict) in order of RCPT
    sender: str = "default"   # the group
    relays: tuple = BOTH
    utf8: bool = False
    xclient: dict = None
    client: str = None        # its address
    headers: str = ""         # raw, of the message as sent

    def run(self, lab, relay):
        token, mark = lab.token(), lab.gate.mark()
        sender = world.sender(self.sender)
        with lab.session(relay, own=self.client) as s:
            if self.xclient:
                s.xclient(**self.xclient)
            s.mail(sender, self.utf8)
            replies = [s.rcpt(address) for address, _ in self.to]
            check_replies(self.to, replies)
            accepted = [(a, v) for a, v in self.to if v.accepted]
            done = s.data(smtp.compose(sender, self.to[0][0], token,
                                       self.headers)) if accepted else None
        check_log(lab.gate.wait_rows(mark, len(self.to)), self.to)
        if accepted:
            check_fate(lab, relay, accepted, done, token)


def same(what, got, want):
    if got != want:
        raise Failure("%s: got %r, want %r" % (what, got, want))


def check_replies(to, replies):
    for (address, v), got in zip(to, replies):
        if not str(got).startswith(v.reply):
            raise Failure("%s: reply %r, want %r" % (address, str(got),
                                                     v.reply))
        for part in v.says:
            if part not in got.text:
                raise Failure("%s: reply %r lacks %r" % (address, str(got),
                                                         part))
        if not got.ok:
            check_wording(address, str(got))


def check_wording(address, text):
    """STANDARDS E-18, E-19; INTERFACES: the transaction's id at the end."""
    m = re.match(r"([45])\d\d ([45])\.\d+\.\d+ [\x20-\x7e]*"
                 r"\[[0-9a-f]{8}\]$", text)
    if not m or m.group(1) != m.group(2) or len(text) > 510:
        raise Failure("%s: unfit reply text %r" % (address, text))


def check_log(rows, to):
    same("recipient lines in the log", len(rows), len(to))
    for (address, v), row in zip(to, rows):
        want = dict(v.log, next_hop=v.hop or
                    address.strip("<>").rpartition("@")[2].lower())
        got = {k: row.get(k) for k in want}
        same("log of %s" % address, got, want)


def check_fate(lab, relay, accepted, done, token):
    """Of the message: on hold, or delivered to just those accepted."""
    if not done.ok:
        raise Failure("end of data: %s" % done)
    mta = lab.relays[relay]
    held = any(v.held for _, v in accepted)
    same("on hold", mta.is_held(mta.qid(done)), held)
    arriving = [a for a, v in accepted if v.delivered]
    if held or not arriving:
        # the MTA's bounce to the sender may be there already, or not yet
        same("messages at the sink", len(
            [m for m in lab.sink.messages(token)
             if m.get_content_type() != "multipart/report"]), 0)
        return
    arrived = lab.sink.wait(token, len(arriving))
    same("messages at the sink", len(arrived), len(arriving))
    for message in arrived:
        check_header(message, accepted)


def stsgate_headers(message):
    return [" ".join(v.split()) for k, v in message.items()
            if k.lower() == "x-stsgate"]


def fields(header):
    return dict(part.strip().split("=", 1) for part in header.split(";"))


def check_header(message, accepted):
    """INTERFACES "In mail": one X-Stsgate where some accepted recipient did
    not pass, of the worst of them; else none."""
    tagged = [v for _, v in accepted if v.tag]
    found = stsgate_headers(message)
    same("X-Stsgate fields", len(found), 1 if tagged else 0)
    if not tagged:
        return
    got = fields(found[0])
    same("recipients= in %s" % found[0], got.get("recipients"),
         "%d/%d" % (len(tagged), len(accepted)))
    wants = [{k: v.log[k] for k in ("result", "reason", "action", "dry_run")
              if k in v.log} for v in tagged]
    if not any(want.items() <= got.items() for want in wants):
        raise Failure("header %r, want one of %r" % (found[0], wants))
    domains = {a.rpartition("@")[2].strip(">") for a, _ in accepted}
    for domain in domains:  # Bcc
        if domain in found[0]:
            raise Failure("header names %s: %r" % (domain, found[0]))
