# SPDX-License-Identifier: ISC
"""What stsgate does when its surroundings, or parts of it, die. Run last, in
this order; each leaves a working lab behind."""
import collections
import os
import shutil
import signal
import subprocess

import proc
import world
from check import POSTFIX_ONLY, Failure, same
from gate import Gate
from stories import expect, story

FAULTS = []
LAST = []  # after all else
ONE = POSTFIX_ONLY


def ask(lab, address, group="default", relay="postfix"):
    """The RCPT reply alone."""
    with lab.session(relay) as s:
        s.mail(world.sender(group))
        return s.rcpt(address)


def settled(lab, address, start, timeout=10):
    """A reply that begins with start, after the MTA's 451 4.7.1 of the
    moment in which nobody serves the milter socket."""
    def look():
        reply = ask(lab, address)
        if str(reply).startswith("451 4.7.1") and "[" not in reply.text:
            return None
        return expect(reply, start)
    return proc.until(look, "an answer of stsgate for " + address, timeout)


def kill(lab, title):
    """kill -9, and waits for another with that title. To be seen only for
    children of this lab's main daemon: the cell has no other."""
    before = lab.gate.children(title)
    if not before:
        raise Failure("no process is titled 'stsgate: %s'" % title)
    os.kill(before[0], signal.SIGKILL)
    proc.until(lambda: [p for p in lab.gate.children(title)
                        if p not in before], "a new 'stsgate: %s'" % title)


@story("warm: no question to DNS or policy host", ONE, FAULTS)
def _(lab, relay):
    for address in ("bob@good.test", "bob@forged.test", "bob@unsigned.test"):
        ask(lab, address)  # warm by now
    lab.dns.quiet()
    before = lab.dns.gate_queries()
    fetched = lab.web.fetches("good.test")
    for _ in range(10):
        expect(ask(lab, "bob@good.test"), "250")
        expect(ask(lab, "bob@forged.test"), "451 4.7.5")
        expect(ask(lab, "bob@unsigned.test"), "250")
    same("new DNS queries", lab.dns.gate_queries()[len(before):], [])
    same("policy fetches", lab.web.fetches("good.test"), fetched)


@story("kill -9 of the net worker", ONE, FAULTS)
def _(lab, relay):
    kill(lab, "net 0")
    settled(lab, "bob@forged.test", "451 4.7.5")
    expect(ask(lab, "bob@good.test"), "250")
    # and it looks things up again
    mark = lab.gate.mark()
    expect(ask(lab, "bob@parent.test"), "451 4.7.5")
    same("source", lab.gate.wait_rows(
        mark, 1, next_hop="parent.test")[0]["source"], "lookup")


@story("kill -9 of the front, DNS and HTTPS down: policy still enforced",
       ONE, FAULTS)
def _(lab, relay):
    lab.dns.for_gate.stop()
    lab.web.stop()
    try:
        kill(lab, "net 0")
        kill(lab, "front")
        settled(lab, "bob@forged.test", "451 4.")
        # 5xx only while the last look at DNS is fresh
        strict = ask(lab, "bob@forged.test", "strict")
        if strict.code not in ("451", "550") or "[" not in strict.text:
            raise Failure("strict: %s" % strict)
        expect(ask(lab, "bob@good.test"), "250")
        expect(ask(lab, "bob@unsigned.test"), "250")
    finally:
        lab.dns.for_gate.start()
        lab.web.start()
        lab.web.wait_ready()
    proc.until(lambda: str(ask(lab, "bob@forged.test", "strict"))
               .startswith("550 5.7.5"), "5xx with DNS back (Q-04)", 20)


@story("SIGHUP with a broken file keeps the old configuration", ONE, FAULTS)
def _(lab, relay):
    mark = lab.gate.mark()
    lab.gate.hup(lab.gate.text + 'groups_ = "what is this"\n')
    proc.until(lambda: "stsgate.conf" in lab.gate.since(mark),
               "a word on the broken configuration in the log")
    expect(ask(lab, "bob@forged.test", "strict"), "550 5.7.5")


@story("SIGHUP with a good file takes it", ONE, FAULTS)
def _(lab, relay):
    lab.gate.hup("dry_run = true\n" + lab.gate.text)
    try:
        proc.until(lambda: ask(lab, "bob@forged.test", "strict").code ==
                   "250", "the new configuration in force")
    finally:
        lab.gate.hup(lab.gate.text)
    proc.until(lambda: ask(lab, "bob@forged.test", "strict").code == "550",
               "the old configuration in force again")


@story("SIGHUP does not take a CA file that the daemon's user cannot read "
       "(V-15)", ONE, FAULTS)
def _(lab, relay):
    other = Gate(lab, "gate-user", lab.binary, "inet:8893@127.0.0.1")
    other.text = other.text.replace('user = ""', 'user = "nobody"')
    proc.write(other.conf, other.text)
    secret = os.path.join(lab.top, "secret.pem")
    shutil.copy(lab.authority.ca, secret)
    os.chmod(secret, 0o600)
    text = other.text.replace('https = { ca_file = "%s"' % lab.authority.ca,
                              'https = { ca_file = "%s"' % secret)
    other.start()
    try:
        mark = other.mark()
        other.hup(text)
        proc.until(lambda: "is not taken" in other.since(mark),
                   "a refusal in the log")
        said = other.since(mark)
        if secret not in said or "Permission denied" not in said:
            raise Failure("the log does not say why: %s" % said)
        if "cannot start" in said or "restarting" in said:
            raise Failure("it was taken all the same: %s" % said)
        os.chmod(secret, 0o644)
        mark = other.mark()
        other.hup(text)
        proc.until(lambda: "new configuration in force" in other.since(mark),
                   "the file that can be read to be taken")
    finally:
        other.stop()
    same("alarms", other.alarms(), [])


@story("a worker that hangs when its front dies is replaced as well", ONE,
       FAULTS)
def _(lab, relay):
    """It would leave by itself; this one cannot."""
    stuck = lab.gate.children("net 0")[0]
    os.kill(stuck, signal.SIGSTOP)
    kill(lab, "front")
    proc.until(lambda: stuck not in lab.gate.children("net 0"),
               "the end of the worker that was stopped")
    settled(lab, "bob@forged.test", "451 4.7.5")


@story("what takes a restart stays, for a front that is replaced too", ONE,
       FAULTS)
def _(lab, relay):
    mark = lab.gate.mark()
    elsewhere = os.path.join(lab.gate.dir, "elsewhere")
    os.makedirs(elsewhere)
    lab.gate.hup(lab.gate.text
                 .replace("inet:8890@127.0.0.1", "inet:8899@127.0.0.1")
                 .replace('state_dir = "%s/state"' % lab.gate.dir,
                          'state_dir = "%s"' % elsewhere))
    try:
        for name in ("milter_socket", "state_dir"):
            proc.until(lambda: name + " has changed: it takes a restart"
                       in lab.gate.since(mark), "a word on " + name)
        kill(lab, "front")
        settled(lab, "bob@forged.test", "451 4.7.5")
        same("served at the new address",
             proc.listening("127.0.0.1", 8899)(), False)
        same("files in the new state_dir", os.listdir(elsewhere), [])
    finally:
        lab.gate.hup(lab.gate.text)
    settled(lab, "bob@forged.test", "451 4.7.5")


@story("a log that nobody reads any more ends nothing (SIGPIPE)", ONE, FAULTS)
def _(lab, relay):
    other = Gate(lab, "gate-pipe", lab.binary, "inet:8892@127.0.0.1")
    child = subprocess.Popen(other.daemon.argv, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        proc.until(proc.listening("127.0.0.1", 8892), "the second daemon")
        for line in child.stderr:
            if b"ready: " in line:
                break
        child.stderr.close()
        proc.write(other.conf, "nonsense = 1\n")
        child.send_signal(signal.SIGHUP)  # it says what is wrong
        same("its end", child.poll(), None)
    finally:  # taken after SIGHUP: the lower number comes first
        child.send_signal(signal.SIGTERM)
        same("exit status", child.wait(10), 0)


@story("SIGTERM ends it in under 2 s, and nothing stays", ONE, FAULTS)
def _(lab, relay):
    others = set(proc.titled("^stsgate")) - set(lab.gate.children(""))
    took = lab.gate.stop()
    if took >= 2:
        raise Failure("took %.1f s" % took)
    same("exit status", lab.gate.daemon.child.returncode, 0)
    same("processes left", set(proc.titled("^stsgate")) - others, set())
    with lab.session(relay) as s:  # the MTA's own default
        expect(s.say("MAIL FROM:<%s>" % world.sender("default")), "451 4.7.1")
    lab.gate.start()
    expect(ask(lab, "bob@forged.test"), "451 4.7.5")


def cells(found):
    """{what was decided: how often}, of the log's rows or of a report's."""
    names = ("group", "next_hop", "result", "reason", "action", "applied",
             "dry_run")
    count = collections.Counter()
    for row in found:
        key = ["1" if row[n] is True else "0" if row[n] is False
               else row[n] or "-" for n in names]
        count[tuple(key)] += row.get("count", 1)
    return count


@story("the report says what the log says", ONE, FAULTS)
def _(lab, relay):
    lab.gate.stop()
    before = cells(lab.gate.report())
    mark = lab.gate.mark()
    lab.gate.start()
    for group, address in (("default", "forged.test"), ("dry", "forged.test"),
                           ("strict", "forged.test"), ("hold", "forged.test"),
                           ("tag", "good.test"), ("dry", "unsigned.test")):
        for _ in range(3):
            ask(lab, "nobodys.name@" + address, group)
    rows = lab.gate.wait_rows(mark, 18)
    lab.gate.stop()  # the last seconds are written at stop
    same("report against log", cells(lab.gate.report()) - before, cells(rows))
    same("rows of the log", sum(cells(rows).values()), 18)
    with open(lab.gate.dir + "/state/report.sqlite", "rb") as f:
        same("local parts in the file (T22)", b"nobodys" in f.read(), False)
    lab.gate.start()
    settled(lab, "bob@forged.test", "451 4.7.5")


@story("nothing from sanitizers or assertions in the log", ONE, LAST)
def _(lab, relay):
    same("alarms", lab.gate.alarms(), [])
