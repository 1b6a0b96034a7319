# SPDX-License-Identifier: ISC
"""What the running daemon tells by its control socket and its metrics, asked
by the commands that people use."""
import json
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request

import gate as gates
import proc
import smtp
import world
from check import POSTFIX_ONLY, Failure, same
from stories import expect, story

METRICS = "http://%s/metrics" % gates.METRICS


def stsgate(lab, *args, status=0, stdin=None):
    """Standard output of a command that has to end with this status (None:
    any)."""
    done = subprocess.run([lab.binary, *args, "-c", lab.gate.conf],
                          input=stdin, text=True, capture_output=True,
                          timeout=60)
    if status is not None and done.returncode != status:
        raise Failure("stsgate %s: status %d, want %d: %s%s" % (
            " ".join(args), done.returncode, status, done.stdout,
            done.stderr))
    return done.stdout, done.stderr


def objects(text):
    return [json.loads(line) for line in text.splitlines()]


def metrics():
    with urllib.request.urlopen(METRICS, timeout=10) as answer:
        return answer.read().decode()


def total(text, name, **labels):
    """The sum of the series that have these labels."""
    found = 0
    for line in text.splitlines():
        m = re.match(r"(\w+)(?:\{(.*)\})? (\S+)$", line)
        if m and m[1] == name and all('%s="%s"' % kv in (m[2] or "")
                                      for kv in labels.items()):
            found += float(m[3])
    return found


def rcpt(lab, relay, group, address, start):
    with lab.session(relay) as s:
        s.mail(world.sender(group))
        expect(s.rcpt(address), start)


@story("status, and what the daemon knows, without asking the network",
       POSTFIX_ONLY)
def _(lab, relay):
    rcpt(lab, relay, "default", "bob@good.test", "250")
    lab.dns.quiet()
    before = lab.dns.gate_queries()
    status = objects(stsgate(lab, "status", "--json")[0])[0]
    same("workers up", status["workers_up"], 1)
    same("configuration", status["config"], os.path.realpath(lab.gate.conf))
    shown = objects(stsgate(lab, "cache", "show", "--json", "good.test")[0])
    same("next hop", shown[0]["next_hop"], "good.test")
    same("mode", shown[0]["sts"]["mode"], "enforce")
    listed = {o["next_hop"]: o for o in
              objects(stsgate(lab, "cache", "list", "--json")[0])}
    same("listed", listed["good.test"]["published"], "secure")
    text, said = stsgate(lab, "query", "--json", "good.test",
                         status=0 if lab.mxhosts else 2)
    same("query is what the daemon knows", objects(text), shown)
    same("nothing said beside it", said, "")
    lab.dns.quiet()
    same("queries", lab.dns.gate_queries(), before)


def begun(lab):
    stats = objects(stsgate(lab, "cache", "stats", "--json")[0])[0]
    return stats["lookups"]["begun"]


@story("purge forgets, refresh looks again", POSTFIX_ONLY)
def _(lab, relay):
    rcpt(lab, relay, "default", "bob@goodwild.test", "250")
    stsgate(lab, "cache", "purge", "goodwild.test")
    said = stsgate(lab, "cache", "show", "goodwild.test", status=1)[1]
    same("said", said, "stsgate: nothing is known of it\n")
    stsgate(lab, "cache", "purge", "goodwild.test", status=1)
    before = begun(lab)
    stsgate(lab, "cache", "refresh", "goodwild.test")
    same("lookups begun", begun(lab) - before, 1)
    stsgate(lab, "cache", "show", "goodwild.test")


@story("many names from standard input, in their order", POSTFIX_ONLY)
def _(lab, relay):
    names = ["good.test", "unsigned.test", "nopolicy.test", "testing.test",
             "[127.0.25.1]"] * 20
    lines = "# names\n\n" + "\n".join(names) + "\n"
    text, _ = stsgate(lab, "query", "--json", "--file", "-", stdin=lines,
                      status=0 if lab.mxhosts else 2)
    same("order", [o["next_hop"] for o in objects(text)], names)


@story("query says what the domain's owner must mend", POSTFIX_ONLY)
def _(lab, relay):
    for name, status, reason in (("forged.test", 1, "mx-mismatch"),
                                 ("gone.test", 2, "sts-policy-fetch-error"),
                                 ("badid.test", None, "lint record")):
        todo = [line for line in
                stsgate(lab, "query", name, status=status)[0].splitlines()
                if line.startswith("  to do ")]
        if len([line for line in todo if reason in line]) != 1:
            raise Failure("%s: to do: %s" % (name, todo))
    text = stsgate(lab, "query", "unsigned.test",
                   status=0 if lab.mxhosts else None)[0]
    if "to do" in text and lab.mxhosts:
        raise Failure("something to do where nothing is wrong: " + text)


@story("explain by the daemon is what the gate does", POSTFIX_ONLY)
def _(lab, relay):
    text, said = stsgate(lab, "explain", "--json", "--from",
                         world.sender("strict"), "--to", "bob@forged.test",
                         status=1)
    same("said", said, "")
    with lab.session(relay) as s:
        s.mail(world.sender("strict"))
        reply = str(s.rcpt("bob@forged.test"))
    tail = re.compile(r" \[[0-9a-f]{8}\]$")
    same("reply", tail.sub("", objects(text)[0]["reply"]),
         tail.sub("", reply))


@story("reload by command: a mistake is told, and the old one stays",
       POSTFIX_ONLY)
def _(lab, relay):
    good = lab.gate.text
    try:
        proc.write(lab.gate.conf, good + "colour = 7\n")
        said = stsgate(lab, "reload", status=78)[1]
        if "unknown option `colour'" not in said:
            raise Failure("the mistake is not told: " + said)
        rcpt(lab, relay, "strict", "bob@forged.test", "550")
        dry = good.replace("groups = (", "dry_run = true\ngroups = (", 1)
        proc.write(lab.gate.conf, dry)
        stsgate(lab, "reload")
        status = objects(stsgate(lab, "status", "--json")[0])[0]
        same("dry run", status["dry_run"], True)
        proc.until(lambda: _is_dry(lab, relay), "a dry run", 10)
    finally:
        proc.write(lab.gate.conf, good)
        stsgate(lab, "reload")
    rcpt(lab, relay, "strict", "bob@forged.test", "550")


def _is_dry(lab, relay):
    with lab.session(relay) as s:
        s.mail(world.sender("strict"))
        return str(s.rcpt("bob@forged.test")).startswith("250")


@story("nobody else may command", POSTFIX_ONLY)
def _(lab, relay):
    """THREATS T23: as a user who is neither root nor the daemon's."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        raise Failure("the lab wants root and setpriv")
    os.chmod(lab.gate.dir, 0o755)
    os.chmod(lab.top, 0o755)
    done = subprocess.run(
        ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
         "/usr/bin/python3", "-c",
         "import socket,sys; s=socket.socket(socket.AF_UNIX)\n"
         "s.connect(sys.argv[1])", lab.gate.dir + "/control.sock"],
        capture_output=True, text=True, timeout=30)
    if "PermissionError" not in done.stderr:
        raise Failure("nobody was let in: " + done.stderr)


@story("metrics count what was decided, and promtool reads them",
       POSTFIX_ONLY)
def _(lab, relay):
    before = metrics()
    for _ in range(3):
        rcpt(lab, relay, "dry", "bob@forged.test", "250")
    after = metrics()
    same("decisions", total(after, "stsgate_decisions_total", group="dry",
                            result="fail", action="reject", applied="tag") -
         total(before, "stsgate_decisions_total", group="dry", result="fail",
               action="reject", applied="tag"), 3.0)
    same("failures", total(after, "stsgate_failures_total",
                           reason="mx-mismatch") -
         total(before, "stsgate_failures_total", reason="mx-mismatch"), 3.0)
    same("build", total(after, "stsgate_build_info"), 1.0)
    if re.search(r"forged|\.test", after):
        raise Failure("a domain in the metrics:\n" + after)
    if lab.promtool:
        done = subprocess.run([lab.promtool, "check", "metrics"],
                              input=after, text=True, capture_output=True,
                              timeout=60)
        same("promtool", (done.returncode, done.stdout + done.stderr),
             (0, ""))
    try:
        urllib.request.urlopen("http://%s/" % gates.METRICS, timeout=10)
        raise Failure("another path is served")
    except urllib.error.HTTPError as e:
        same("another path", e.code, 404)


def held(lab, relay, *args):
    mta = ["--mta", relay]
    if relay == "sendmail":
        mta += ["--mta-config", lab.relays[relay].dir + "/relay.cf",
                "--mta-program", lab.relays[relay].program]
    return {r["id"]: r for r in objects(stsgate(
        lab, "held", "--json", *mta, *args)[0])}


@story("held: judged again, and let go when it passes")
def _(lab, relay):
    """The administrator makes an exception for one domain: what waited for it
    is delivered, the rest stays on hold."""
    sender, good = world.sender("hold"), lab.gate.text
    qid, tokens = {}, {}
    for domain in ("forged.test", "forgedtoo.test"):
        tokens[domain] = lab.token()
        with lab.session(relay) as s:
            s.mail(sender)
            expect(s.rcpt("bob@" + domain), "250")
            qid[domain] = lab.relays[relay].qid(expect(s.data(smtp.compose(
                sender, "bob@" + domain, tokens[domain])), "250"))
    before = held(lab, relay)
    same("before", [(before[q]["result"], before[q]["next_hop"],
                     before[q]["released"]) for q in qid.values()],
         [("fail", "forged.test", False), ("fail", "forgedtoo.test", False)])
    try:
        # for every group: the policy map, which knows no groups, has to
        # let it go as well
        proc.write(lab.gate.conf, good.replace(
            "recipients = ( {", 'recipients = ( { match = "forged.test"  '
            'require = "none" }, {', 1))
        stsgate(lab, "reload")
        after = held(lab, relay, "--release")
        same("released", [after[q]["released"] for q in qid.values()],
             [True, False])
        lab.sink.wait(tokens["forged.test"], 1)
        same("what stays is not delivered",
             lab.sink.messages(tokens["forgedtoo.test"]), [])
        same("still held", lab.relays[relay].is_held(qid["forgedtoo.test"]),
             True)
    finally:
        proc.write(lab.gate.conf, good)
        stsgate(lab, "reload")
