# SPDX-License-Identifier: ISC
"""What Postfix and Sendmail do with mail in the queue when parts of stsgate are
down: net workers, the front, all of it. Run last: the MTAs log lookup errors
here, and must."""
import os
import re
import signal
import subprocess
import time

import proc
import smtp
import world
from check import BOTH, Failure, same
from maps import Client
from stories import expect, story

STORIES = []
# Known to have no policy; and that is believed for ten seconds only
BRIEF = "brief.test"


def add_domains():
    world.DOMAINS.append(world.without_sts(
        BRIEF, mx=("mx.good.test",), extra='_mta-sts 1 TXT "none here"'))


def submit(lab, relay, address):
    """Into the queue, past the milter, and one attempt at delivery. Returns
    the token."""
    token, sender = lab.token(), world.sender("default")
    text = smtp.compose(sender, address, token)
    if relay == "postfix":
        with smtp.Session(world.POSTFIX, 2527) as s:
            s.mail(sender)
            expect(s.rcpt(address), "250")
            expect(s.data(text), "250")
        return token
    subprocess.run([*lab.relays[relay].daemon.argv[:2], "-odb", "-i", "-f",
                    sender, address], input=text, text=True, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return token


def flush(lab, relay):
    if relay == "postfix":
        lab.postfix.command("postqueue", "-f")
    else:
        subprocess.run([*lab.relays[relay].daemon.argv[:2], "-q"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       timeout=120)


def wait_deferred(lab, relay, address, mark, timeout=60):
    """The line of the log that says so."""
    def look():
        with open(lab.relays[relay].log, "rb") as f:
            f.seek(mark)
            text = f.read().decode("utf-8", "replace")
        return re.findall(r".* to=<?%s>?,.*(?:status=deferred|"
                          r"stat=(?!Sent|queued)).*" % re.escape(address),
                          text)
    return proc.until(look, "%s to defer %s" % (relay, address), timeout)[-1]


def log_mark(lab, relay):
    return os.path.getsize(lab.relays[relay].log)


class Paused:
    """The supervisor does not restart what is killed meanwhile."""

    def __init__(self, lab, *titles):
        self.lab, self.titles = lab, titles

    def __enter__(self):
        self.supervisor = self.lab.gate.children("supervisor") or \
            [self.lab.gate.daemon.child.pid]
        os.kill(self.supervisor[0], signal.SIGSTOP)
        self.killed = [p for t in self.titles
                       for p in self.lab.gate.children(t)]
        if not self.killed:
            raise Failure("nothing to kill")
        for pid in self.killed:
            os.kill(pid, signal.SIGKILL)

    def __exit__(self, *_):
        os.kill(self.supervisor[0], signal.SIGCONT)
        for title in self.titles:
            proc.until(lambda t=title: [p for p in self.lab.gate.children(t)
                                        if p not in self.killed],
                       "a new " + title)
        proc.until(lambda: answers(self.lab), "the map to answer", 20)


def answers(lab):
    try:
        with Client(lab.gate.tlsmap) as c:
            c.socket.settimeout(2)
            return c.ask("postfix good.test") is not None
    except OSError:
        return False


@story("outage: no net worker: no policy flows, a policy is in force, the "
       "unknown waits (T26)", BOTH, STORIES)
def _(lab, relay):
    with Client(lab.gate.tlsmap) as c:
        expect(c.ask("postfix " + BRIEF), "NOTFOUND ")
        expect(c.ask("postfix good.test"), "OK secure ")
    time.sleep(11)  # and now that is old
    unknown = "never-seen-%s.test" % relay
    with Paused(lab, "net 0"):
        mark = log_mark(lab, relay)
        tokens = [submit(lab, relay, "bob@" + d)
                  for d in (BRIEF, "good.test")]
        for token in tokens:
            lab.sink.wait(token, 1)
        if not was_verified(lab, relay, mark):
            raise Failure("good.test was not verified")
        with Client(lab.gate.tlsmap) as c:
            expect(c.ask("postfix " + unknown), "TEMP ")


def was_verified(lab, relay, mark):
    with open(lab.relays[relay].log, "rb") as f:
        f.seek(mark)
        text = f.read().decode("utf-8", "replace")
    return re.search(r"Verified TLS connection established to mx\.good\.test|"
                     r"STARTTLS=client, relay=mx\.good\.test\.?.*verify=OK",
                     text)


@story("outage: no front: mail waits for the next one", BOTH, STORIES)
def _(lab, relay):
    address = "bob@good.test"
    mark = log_mark(lab, relay)
    with Paused(lab, "front"):
        token = submit(lab, relay, address)
        if relay == "sendmail":  # waits five seconds, Postfix a hundred
            line = wait_deferred(lab, relay, address, mark)
            if "STS lookup temp fail" not in line and "450" not in line:
                raise Failure("deferred for another reason: " + line)
        else:
            time.sleep(2)
        same("delivered without a map", lab.sink.messages(token), [])
    if relay == "sendmail":
        flush(lab, relay)
    lab.sink.wait(token, 1)


@story("outage: stsgate is stopped: all mail waits in the queue, also to "
       "where nothing is asked", BOTH, STORIES)
def _(lab, relay):
    lab.gate.stop()
    try:
        marks = log_mark(lab, relay)
        tokens = []
        for address in ("bob@good.test", "bob@unsigned.test"):
            tokens.append(submit(lab, relay, address))
            line = wait_deferred(lab, relay, address, marks)
            if not re.search(r"4\.7\.[05]|450 ", line):
                raise Failure("deferred for another reason: " + line)
        for token in tokens:
            same("delivered without a map", lab.sink.messages(token), [])
    finally:
        lab.gate.start()
    flush(lab, relay)
    for token in tokens:
        lab.sink.wait(token, 1)

