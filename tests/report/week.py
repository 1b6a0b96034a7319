#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A week's report against an independent count of the log of that week: every
cell, every total. Runs in the build directory; srcdir is set by make check."""
import collections
import datetime
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import time

LAST = int(time.time()) // 86400  # the report goes up to today
FIELD = re.compile(r"(\w+)=(\S*)")
STOPS = ("hold", "defer", "reject")
passed = failed = 0


def same(what, got, want):
    global passed, failed
    if got == want:
        passed += 1
        return
    failed += 1
    print("%s: got %r, want %r" % (what, got, want))


def count(lines):
    """Of the log's own words: {cell: [count, first, last]}."""
    cells = {}
    for line in lines:
        time, rest = line.split(" ", 1)
        f = dict(FIELD.findall(rest))
        key = (time[:10], f["group"], f["next_hop"], f["result"],
               f["reason"], f["action"], f["applied"], f["dry_run"])
        cell = cells.setdefault(key, [0, time, time])
        cell[0] += 1
        cell[1] = min(cell[1], time)
        cell[2] = max(cell[2], time)
    return cells


def told(report):
    """The same of `report --json`."""
    return {(c["day"], c["group"], c["next_hop"], c["result"],
             c["reason"] or "-", c["action"], c["applied"],
             "1" if c["dry_run"] else "0"):
            [c["count"], c["first"], c["last"]] for c in report["cells"]}


def sums(cells):
    """Totals, from the cells that were counted here."""
    s = collections.Counter()
    for (_, _, _, result, _, action, applied, _), (n, _, _) in cells.items():
        s["decided"] += n
        s[result.replace("-", "_")] += n
        if applied in STOPS:
            s["stopped"] += n
            s[{"hold": "held", "defer": "deferred",
               "reject": "rejected"}[applied]] += n
        elif action in STOPS:
            s["would_stop"] += n
        elif result in ("fail", "unknown"):
            s["let_through"] += n
    return s


def compare_sums(what, line, cells):
    want = sums(cells)
    for name in ("decided", "would_stop", "stopped", "held", "deferred",
                 "rejected", "let_through", "pass", "fail", "unknown",
                 "not_applicable"):
        same("%s: %s" % (what, name), line[name], want[name])


def part(cells, at, value):
    return {k: v for k, v in cells.items() if k[at] == value}


def compare(report, cells):
    got = told(report)
    same("cells that are in one only", set(got) ^ set(cells), set())
    for key, want in cells.items():
        same("|".join(key), got.get(key), want)
    compare_sums("all", report["totals"], cells)
    for line in report["days"]:
        compare_sums(line["day"], line, part(cells, 0, line["day"]))
    same("groups", {g["group"] for g in report["groups"]},
         {k[1] for k in cells})
    for line in report["groups"]:
        compare_sums(line["group"], line, part(cells, 1, line["group"]))
    amiss = {k: v for k, v in cells.items() if k[3] in ("fail", "unknown")}
    same("reasons", {r["reason"] for r in report["reasons"]},
         {k[4] for k in amiss})
    for line in report["reasons"]:
        mine = part(amiss, 4, line["reason"])
        compare_sums(line["reason"], line, mine)
        same(line["reason"] + ": next hops", line["next_hops"],
             len({k[2] for k in mine}))
    same("next hops", report["next_hops"], len({k[2] for k in cells}))


def stsgate(conf, *args, status=0):
    done = subprocess.run(["./stsgate", "report", "-c", conf, *args],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True, timeout=120, check=False)
    same(" ".join(("report",) + args) + " exits", done.returncode, status)
    return done.stdout, done.stderr


def on_terminal(conf, columns, **env):
    """What it prints on a terminal of that width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ,
                struct.pack("HHHH", 24, columns, 0, 0))
    child = subprocess.Popen(["./stsgate", "report", "-c", conf],
                             stdout=theirs, env=dict(os.environ, **env))
    os.close(theirs)
    out = b""
    while True:
        try:
            some = os.read(ours, 65536)
        except OSError:  # the other side is closed
            some = b""
        if not some:
            break
        out += some
    os.close(ours)
    same("on a terminal: exits", child.wait(60), 0)
    return out.decode().replace("\r\n", "\n")


def date(day):
    return str(datetime.date(1970, 1, 1) + datetime.timedelta(days=day))


def words(text):
    """The terminal's numbers, by the line's first words."""
    return {" ".join(m.group(1).split()): int(m.group(2).replace(",", ""))
            for m in re.finditer(r"^  (\S.*?) {2,}([\d,]+)(?: .*)?$", text,
                                 re.M)}


def check_failures(tmp, conf, file):
    for since in ("", "7", "7h", "d", "0d", "-1d", "1d ", "2026-02-30",
                  "2026-11-23x", "26-11-23", "1969-12-31", "99999999999d"):
        stsgate(conf, "--since", since, status=64)
    stsgate(conf, "x", status=64)
    stsgate("/nonexistent", status=78)
    page = os.path.join(tmp, "no", "page.html")
    _, err = stsgate(conf, "--html", page, status=73)
    same("says why", "No such file" in err, True)
    page = os.path.join(tmp, "page.html")
    os.mkdir(page)  # cannot be replaced
    stsgate(conf, "--html", page, status=73)
    same("nothing is left", [f for f in os.listdir(tmp) if "html." in f], [])
    os.rmdir(page)
    stsgate(conf, "--html", page)
    out, _ = stsgate(conf, "--html", "-")
    with open(page) as f:
        same("page", re.sub("made [^<]*", "", f.read()),
             re.sub("made [^<]*", "", out))
    same("the report is as it was", sorted(os.listdir(tmp)), sorted(
        [os.path.basename(file), "page.html", "stsgate.conf"]))
    bad = os.path.join(tmp, "bad")
    os.mkdir(bad)
    with open(bad + "/stsgate.conf", "w") as f:
        f.write('state_dir = "%s"\ndns = { trust_anchor_file = "" }\n' % bad)
    with open(bad + "/report.sqlite", "w") as f:
        f.write("no database at all, of more than a hundred bytes, " * 9)
    _, err = stsgate(bad + "/stsgate.conf", status=69)
    same("says what is wrong", "not a database" in err, True)


def check(tmp):
    conf = os.path.join(tmp, "stsgate.conf")
    with open(conf, "w") as f:
        f.write('state_dir = "%s"\ndns = { trust_anchor_file = "" }\n' % tmp)
    out, err = stsgate(conf)
    same("nothing there", (out, "is not there" in err), ("", True))

    file = os.path.join(tmp, "report.sqlite")
    log = subprocess.run(["tests/report/week", file, str(LAST)],
                         stdout=subprocess.PIPE, universal_newlines=True,
                         timeout=300, check=True).stdout.splitlines()
    same("lines of log", len(log), 50000)
    cells = count(log)
    same("groups of the log", len({k[1] for k in cells}), 4)
    same("next hops of the log", len({k[2] for k in cells}), 401)

    out, _ = stsgate(conf, "--json", "--since", date(LAST - 6))
    compare(json.loads(out), cells)
    late = {k: v for k, v in cells.items() if k[0] >= date(LAST - 2)}
    out, _ = stsgate(conf, "--json", "--since", date(LAST - 2))
    compare(json.loads(out), late)

    out, _ = stsgate(conf, "--since", date(LAST - 6))
    want, got = sums(cells), words(out)
    same("the terminal: stopped", got.get("stopped"), want["stopped"])
    same("the terminal: dry run",
         got.get("would have been stopped (dry run)"), want["would_stop"])
    same("the terminal: passed", got.get("passed"), want["pass"])
    same("no escapes without a terminal", "\033" in out, False)
    same("no line is longer than 80", [l for l in out.splitlines()
                                       if len(l) > 80], [])
    for columns in (40, 80, 100, 200):
        out = on_terminal(conf, columns, NO_COLOR="1")
        limit = min(max(columns, 80), 110)
        same("%d columns: longer lines" % columns,
             [l for l in out.splitlines() if len(l) > limit], [])
        same("NO_COLOR is obeyed", "\033" in out, False)
    same("colour", "\033[31m" in on_terminal(conf, 80, NO_COLOR=""), True)
    check_failures(tmp, conf, file)
    out, err = stsgate(conf, "--since", "9999-12-31")
    same("no rows", (out, "no recipient was decided" in err), ("", True))


def main():
    with tempfile.TemporaryDirectory(prefix="report-", dir=".") as tmp:
        check(os.path.abspath(tmp))
    print("%d passed, %d failed" % (passed, failed))
    return failed > 0


sys.exit(main())
