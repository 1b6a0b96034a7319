#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The report's page in a real browser: what is seen, in light and dark, on a
desk and on a phone. PICTURES=dir keeps screenshots. Runs in the build
directory. (THREATS T14: names that are markup.)"""
import datetime
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import browser  # noqa: E402

LAST = int(time.time()) // 86400  # the report goes up to today
MARKUP = "<svg/onload=alert(1)>&\"'.test"
LONG = "x" * 60 + "." + "y" * 60 + "." + "z" * 60 + "." + "q" * 55 + ".test"
VIEWS = [("light", 1280, 900, "light", False), ("dark", 1280, 900, "dark",
         False), ("phone", 390, 844, "light", True),
         ("phone-dark", 390, 844, "dark", True)]
passed = failed = 0


def good(what, is_good, more=""):
    global passed, failed
    if is_good:
        passed += 1
    else:
        failed += 1
        print("%s %s" % (what, more))


def same(what, got, want):
    good(what, got == want, "got %r, want %r" % (got, want))


# --- what the browser is asked ----------------------------------------------

TEXT = "return document.body.innerText"
FOREIGN = """return [document.querySelectorAll(
    'script,img,iframe,object,embed,link,[onload],[onerror]').length,
    performance.getEntriesByType('resource').length]"""
OVERFLOW = """return [document.documentElement.scrollWidth, innerWidth,
    [...document.querySelectorAll('main *')].filter(e =>
        !e.closest('.scroll,.x,svg') &&
        e.getBoundingClientRect().right > innerWidth + 0.5)
        .map(e => e.tagName + ' ' + e.textContent.slice(0, 40))]"""
BARS = """return [...document.querySelectorAll(arguments[0] + ' svg rect')].map(r => {
    const b = r.getBoundingClientRect(),
        s = r.ownerSVGElement.getBoundingClientRect();
    return {kind: r.getAttribute('class'), words: r.textContent,
        fill: getComputedStyle(r).fill, w: b.width, h: b.height,
        inside: b.left >= s.left - 1 && b.right <= s.right + 1 &&
            b.top >= s.top - 1 && b.bottom <= s.bottom + 1,
        whole: s.height,
        top: r.closest('.plot')?.querySelector('.y b:last-child').innerText}})"""
# How far each label of a scale is from where its number belongs
SCALES = """return [...document.querySelectorAll('.plot')].flatMap(p => {
    const s = p.querySelector('svg').getBoundingClientRect(),
        all = [...p.querySelectorAll('.y b')],
        n = e => Number(e.innerText.replaceAll(',', '')),
        top = n(all[all.length - 1]);
    return all.map(e => { const b = e.getBoundingClientRect();
        return Math.abs((b.top + b.bottom) / 2 -
            (s.bottom - s.height * n(e) / top))})})"""
LABELS = """return [...document.querySelectorAll('.x')].flatMap(x => {
    const boxes = [...x.children].filter(e => e.textContent &&
        getComputedStyle(e).visibility == 'visible').map(e => {
            const r = document.createRange();
            r.selectNodeContents(e);
            return r.getBoundingClientRect()});
    return boxes.slice(1).filter((b, i) => b.left < boxes[i].right + 2)
        .map(b => b.left)})"""
# Every text against what is behind it: [ratio, size, text]
CONTRAST = """
const lum = c => { const v = c.match(/[\\d.]+/g).slice(0, 3).map(x => {
        x /= 255; return x <= 0.03928 ? x / 12.92
            : Math.pow((x + 0.055) / 1.055, 2.4)});
    return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]};
const back = e => { for (; e; e = e.parentElement) {
        const c = getComputedStyle(e).backgroundColor;
        if (c != 'rgba(0, 0, 0, 0)') return c}
    return 'rgb(255, 255, 255)'};
const out = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || e.closest('svg') ||
        !e.checkVisibility({visibilityProperty: true})) continue;
    const s = getComputedStyle(e), a = lum(s.color), b = lum(back(e));
    out.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05),
        parseFloat(s.fontSize), walk.currentNode.data.trim()])}
return [lum(getComputedStyle(document.body).backgroundColor), out]"""
ROWS = """document.querySelector('details').open = true;
return [...document.querySelectorAll('#numbers tbody tr')].map(r =>
    [...r.cells].map(c => c.innerText))"""


def bars(b, where):
    return b.run(BARS.replace("arguments[0]", json.dumps(where)))


def number(text):
    return int(text.replace(",", ""))


# --- what is expected ---------------------------------------------------------

def check_bars(name, b, report):
    """Heights and widths say what the counts say."""
    by_day = {}
    for bar in bars(b, "#days") + bars(b, "#stops"):
        n = number(bar["words"].split(": ")[1].split()[0])
        by_day.setdefault(bar["kind"], []).append(n)
        good(name + ": a bar is inside", bar["inside"], bar["words"])
    for kind, field in (("pass", "pass"), ("fail", "fail"),
                        ("unknown", "unknown"), ("na", "not_applicable"),
                        ("would", "would_stop"), ("stopped", "stopped")):
        same("%s: bars of %s" % (name, kind), by_day.get(kind, []),
             [d[field] for d in report["days"] if d[field] > 0])
    for where, side in (("#days", "h"), ("#stops", "h"), ("#reasons", "w"),
                        ("#hops", "w"), ("#groups", "w")):
        check_lengths(name + " " + where, bars(b, where), side)
    fills = {bar["kind"]: bar["fill"] for bar in bars(b, "main")}
    same(name + ": colours are apart", len(set(fills.values())), len(fills))


def check_lengths(name, found, side):
    """By the scale at the side, or in proportion to each other."""
    scale = None
    if found and found[0].get("top"):
        scale = found[0]["whole"] / number(found[0]["top"])
    for bar in found:
        words = bar["words"].split(": ")[-1]
        n = number(words.split()[0])
        # The longest comes first, more or less: pixels are coarse.
        scale = scale or max(b[side] for b in found) / max(
            number(b["words"].split(": ")[-1].split()[0]) for b in found)
        good(name + ": length", abs(bar[side] - n * scale) < 1.5,
             "%s: %.1f px, scale %.4f" % (bar["words"], bar[side], scale))


def check_text(name, text, report):
    t = report["totals"]
    lines = [line.strip() for line in text.splitlines()]
    for n, words in ((t["decided"], "decided"),
                     (t["pass"] + t["not_applicable"], "nothing amiss"),
                     (t["would_stop"], "would have been stopped"),
                     (t["stopped"], "stopped")):
        at = [i for i, line in enumerate(lines[:-1])
              if line == "{:,}".format(n) and lines[i + 1] == words]
        same("%s: the number of what is %s" % (name, words), len(at), 1)
    for r in report["reasons"]:
        good(name + ": reason", r["reason"] in lines, r["reason"])
        good(name + ": advice", r["todo"].replace("`", "") in lines,
             r["todo"])
    for g in report["groups"]:
        good(name + ": group", g["group"] in lines, g["group"])
    good(name + ": days closed", "decided\tpassed" not in text)


def check_layout(name, b, dark):
    same(name + ": nothing from outside, no script", b.run(FOREIGN), [0, 0])
    width, inner, out = b.run(OVERFLOW)
    same(name + ": fits the width", (width <= inner, out), (True, []))
    good(name + ": scales", max(b.run(SCALES), default=0) < 2)
    same(name + ": labels that overlap", b.run(LABELS), [])
    background, texts = b.run(CONTRAST)
    good(name + ": background", background < 0.05 if dark
         else background > 0.8, background)
    for ratio, size, text in texts:
        good(name + ": contrast", ratio >= 4.5, "%.1f %s" % (ratio, text))
        good(name + ": size", size >= 12, "%.1f %s" % (size, text))


def check_rows(name, b, report):
    rows = b.run(ROWS)
    same(name + ": rows", len(rows), len(report["days"]))
    for row, day in zip(rows, report["days"]):
        same(name + ": " + day["day"], [row[0].split()[1]] +
             [number(c) for c in row[1:]],
             [day["day"], day["decided"], day["pass"], day["fail"],
              day["unknown"], day["not_applicable"], day["would_stop"],
              day["stopped"]])


# --- pages --------------------------------------------------------------------

def date(day):
    return str(datetime.date(1970, 1, 1) + datetime.timedelta(days=day))


def insert(file, hop, n, group="default", day=LAST):
    """A row that no daemon would write."""
    db = sqlite3.connect(file)
    db.execute("INSERT INTO decisions VALUES (?, ?, ?, 1, 3, 3, 1, 1, ?, ?, "
               "?)", (day, group, hop, n, day * 86400, day * 86400 + 1))
    db.commit()
    db.close()


def make(tmp, name, weeks, since):
    """A directory with a report; its page and its JSON."""
    top = os.path.join(tmp, name)
    os.mkdir(top)
    conf, page = top + "/stsgate.conf", top + "/page.html"
    with open(conf, "w") as f:
        f.write('state_dir = "%s"\ndns = { trust_anchor_file = "" }\n' % top)
    file = top + "/report.sqlite"
    for week in range(weeks):
        subprocess.run(["tests/report/week", file, str(LAST - 7 * week),
                        str(week)], stdout=subprocess.DEVNULL, timeout=300,
                       check=True)
    if weeks == 1:
        insert(file, MARKUP, 700, "a<b>&")
        insert(file, LONG, 800)
    say = subprocess.run(
        ["./stsgate", "report", "-c", conf, "--since", date(LAST - since),
         "--json", "--html", page], stdout=subprocess.PIPE, timeout=120,
        stderr=subprocess.DEVNULL, universal_newlines=True, check=True)
    same(name + ": only the page is left", sorted(
        f for f in os.listdir(top) if f.startswith("page")), ["page.html"])
    return page, json.loads(say.stdout)


def look(b, name, page, view, report):
    scheme, width, height, colours, phone = view
    name = name + ", " + scheme
    b.show(page, width, height, colours, phone)
    if os.environ.get("PICTURES"):
        b.picture(os.path.join(os.environ["PICTURES"],
                               name.replace(", ", "-") + ".png"))
    check_layout(name, b, colours == "dark")
    text = b.run(TEXT)
    if report["totals"]["decided"] == 0:
        good(name + ": says so", "No decision was counted" in text)
        return
    check_text(name, text, report)
    check_bars(name, b, report)
    check_rows(name, b, report)


def check(tmp, b):
    for name, weeks, since in (("week", 1, 6), ("month", 4, 27),
                               ("day", 2, 0), ("none", 0, 6)):
        page, report = make(tmp, name, weeks, since)
        for view in VIEWS:
            look(b, name, page, view, report)
            if name == "week":
                text = b.run(TEXT)
                good("T14: markup is shown", MARKUP in text)
                good("a long name is shown", LONG in text.replace("\n", ""))


def main():
    lacking = browser.missing()
    if lacking:
        print("no %s: the page was not looked at" % lacking)
        return 77
    b = browser.Browser()
    try:
        with tempfile.TemporaryDirectory(prefix="page-", dir=".") as tmp:
            check(os.path.abspath(tmp), b)
    finally:
        b.close()
    print("%d passed, %d failed" % (passed, failed))
    return int(failed > 0)


sys.exit(main())
