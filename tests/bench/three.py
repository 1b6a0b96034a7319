#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Draws the README's three plots from what `run --json` wrote.

usage: three.py FOLDER JSON...
"""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import plot

# Measured once, on the same kind of machine: round trips of a policy alone,
# bytes a domain.
PEERS_RTT = (("postfix-tlspol 1.13: policy", 5.1),
             ("postfix-mta-sts-resolver 1.1.2: policy", 5.1))
IN_TURN_RTT = 12.2
PEERS_BYTES = (("resolver, in memory", 1200), ("postfix-tlspol", 1780))


def rows_of(paths):
    rows, machine = {}, None
    for path in paths:
        with open(path) as f:
            d = json.load(f)
        machine = d["machine"]
        rows.update({r["name"].strip(): r for r in d["rows"]})
    return rows, machine


def quartiles(row):
    got = sorted(row["ratios"])
    return got[len(got) // 4], got[(3 * len(got) - 1) // 4]


def latency(folder, rows):
    bars = []
    for p in ("p50",):  # p99 of some seconds is the machine's, not ours
        for name, label in (("without", "without a milter"),
                            ("with stsgate", "with stsgate")):
            row = rows["RCPT at a busy Postfix, ms, %s %s" % (p, name)]
            bars.append(("%s, %s" % (p, label), row["median"],
                         *quartiles(row),
                         plot.OURS if "with s" in name else "#999", ""))
    plot.bars(os.path.join(folder, "rcpt.svg"),
              "How long a sender waits for the answer to RCPT",
              "a real Postfix, ten clients as fast as it answers, "
              "1,000 domains known; ms", bars, " ms")


def cold(folder, rows):
    bars = []
    for name, label in (
            ("no STS, in RTTs", "stsgate: nothing published"),
            ("policy, no probe, in RTTs", "stsgate: policy"),
            ("policy and probe, MX address known, in RTTs",
             "stsgate: policy and STARTTLS probe"),
            ("policy and probe, MX address unknown, in RTTs",
             "the same, MX address unknown")):
        row = rows[name]
        bars.append((label, row["median"], *quartiles(row), plot.OURS, ""))
    for label, value in PEERS_RTT:
        bars.append((label, value, 0, 0, "#999", ""))
    bars.append(("policy, then probe, one by one", IN_TURN_RTT, 0, 0, "#ddd",
                 ""))
    plot.bars(os.path.join(folder, "cold.svg"),
              "A domain that nobody asked for before, in round trips",
              "everything 50 ms away; a probe is what tells whether mail "
              "can be delivered", bars)


def memory(folder, rows):
    ours = []
    for n in (10000, 100000, 1000000):
        row = rows.get("bytes a cached domain with policy, %d domains" % n)
        if row is not None:
            ours.append((n, row["median"] * n / 1048576))
    series = [("stsgate", plot.OURS, "", ours)]
    for (label, each), color in zip(PEERS_BYTES, ("#777", "#b5651d")):
        series.append((label, color, "", [(n, each * n / 1048576)
                                          for n, _ in ours]))
    plot.lines(os.path.join(folder, "memory.svg"),
               "Memory for what is known of domains with a policy",
               "", series, "domains", "MB")


def main():
    folder, paths = sys.argv[1], sys.argv[2:]
    os.makedirs(folder, exist_ok=True)
    rows, _ = rows_of(paths)
    for draw in (latency, cold, memory):
        try:
            draw(folder, rows)
        except KeyError as e:
            print("not drawn for want of %s" % e)


if __name__ == "__main__":
    main()
