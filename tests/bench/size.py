# SPDX-License-Identifier: ISC
"""Goals 6, 7 and 13 to 15: the policy map, memory, start, growth."""
import json
import os
import socket
import subprocess
import time

import rig as r
from rig import Row, Server
from warm import warm_up

LARGE = 1000000


def large(rig):
    return 100000 if rig.quick else LARGE


def weigh(rig, domains, percent):
    out = subprocess.run([rig.program("weigh"), rig.store(domains, percent),
                          str(domains)], stdout=subprocess.PIPE, check=True,
                         text=True).stdout
    return json.loads(out)


def memory(rig, repeats):
    rows = []
    for domains in (10000, 100000) if rig.quick else \
            (10000, 100000, LARGE):
        for percent, what in ((100, "with"), (0, "without")):
            if percent == 0 and domains != 100000:
                continue
            good = (300, 140) if percent else (None, None)
            row = Row("13", "bytes a cached domain %s policy, %d domains" %
                      (what, domains), *good, False)
            for _ in range(min(repeats, 3)):
                got = weigh(rig, domains, percent)
                row.add(got["bytes"], get_ns=got["get_ns"],
                        from_disk_us=got["fill_us"])
            rows.append(row)
    return rows


def first_answer(rig, domains):
    """Seconds from exec to the first warm answer."""
    gate = rig.gate(rig.store(domains, 100))
    start = time.monotonic()
    gate.start()
    try:
        r.until(lambda: connects(gate.socket), "the socket")
        rig.load(gate, "-c", 1, "-w", 0, "-l", 1, "-n", 1, seconds=20)
        return time.monotonic() - start
    finally:
        gate.stop()


def connects(path):
    with socket.socket(socket.AF_UNIX) as s:
        return s.connect_ex(path) == 0


def start(rig, repeats):
    n = large(rig)
    row = Row("14", "start with %d domains on disk to first answer, s" % n,
              1, 0.1, False)
    base = Row("-", "the same with 1000", None, None, False)
    for _ in range(repeats):
        row.add(first_answer(rig, n))
        base.add(first_answer(rig, 1000))
    return [row, base]


def growth(rig, repeats):
    n = large(rig)
    row = Row("15", "RCPT/s at %d domains / at 1000" % n, 0.9, 0.98)
    cpu = Row("15", "  CPU a RCPT at 1000 domains / at %d" % n, 0.9, 0.98)
    with rig.gate(rig.store(n), name="many") as many, \
            rig.gate(rig.store(1000), name="few") as few:
        before = r.rss(many.front())
        warm_up(rig, many, n)
        warm_up(rig, few, 1000)
        front = r.rss(many.front()) - before
        for _ in range(repeats):
            m = rig.load(many, "-s", "-c", 10, "-w", 0, "-n", n)
            f = rig.load(few, "-s", "-c", 10, "-w", 0, "-n", 1000)
            row.add(m["rate"] / f["rate"], many_rate=m["rate"],
                    few_rate=f["rate"], front_mb=front / 1048576)
            cpu.add(f["cpu_s"] / f["rcpts"] / (m["cpu_s"] / m["rcpts"]))
    return [row, cpu]


def churn(rig, repeats):
    """A day of strangers through the store, at its cap all the time."""
    hours = 6 if rig.quick else 24
    row = Row("15", "memory after %d hours of churn / after one" % hours,
              1.1, 1.0, False)
    path = os.path.join(rig.dir, "churn.sqlite")
    for _ in range(min(repeats, 2)):
        for end in ("", "-wal", "-shm"):
            if os.path.exists(path + end):
                os.unlink(path + end)
        out = subprocess.run([rig.program("churn"), path, str(hours)],
                             stdout=subprocess.PIPE, check=True,
                             text=True).stdout
        got = json.loads(out)
        row.add(got["after_mb"] / got["after_hour_mb"],
                after_hour_mb=got["after_hour_mb"], after_mb=got["after_mb"],
                evicted=got["evicted"])
    return [row]


# --- the policy map ---------------------------------------------------------

def floor(rig, domains):
    path = os.path.join(rig.dir, "floor.sock")
    return Server(rig, "floor", [rig.program("map_floor"), "unix:" + path,
                                 str(domains)], path)


class Map:
    """The gate's other door."""

    def __init__(self, gate):
        self.gate = gate
        self.socket = os.path.join(os.path.dirname(gate.socket),
                                   "tlsmap.sock")

    def cpu_s(self):
        return self.gate.cpu_s()


def ask_map(rig, server, domains, *more):
    return rig.load(server, "-c", 10, "-w", 0, "-n", domains, *more,
                    program="map_load")


def tlsmap(rig, repeats):
    rows = [Row("6", "socketmap warm, 10 conns, floor / S", 1.45, 1.06,
                False),
            Row("6", "  CPU a lookup, S / floor", 1.45, 1.06, False)]
    with rig.gate(rig.store(1000)) as gate, floor(rig, 1000) as least:
        if not os.path.exists(Map(gate).socket) or \
                not connects(Map(gate).socket):
            print("6, 7: this stsgate answers no policy map (skipped)",
                  flush=True)
            return []
        ask_map(rig, Map(gate), 1000, "-l", 1000)
        for _ in range(repeats):
            g = ask_map(rig, Map(gate), 1000)
            f = ask_map(rig, least, 1000)
            rows[0].add(f["rate"] / g["rate"], gate_rate=g["rate"],
                        floor_rate=f["rate"], gate_p99_us=g["p99_us"],
                        floor_p99_us=f["p99_us"])
            rows[1].add(g["cpu_s"] / g["lookups"] /
                        (f["cpu_s"] / f["lookups"]),
                        gate_us=g["cpu_s"] * 1e6 / g["lookups"])
    return rows + map_growth(rig, repeats)


def map_growth(rig, repeats):
    rows = []
    for n in (100000,) if rig.quick else (100000, LARGE):
        row = Row("7", "socketmap over %d domains / over 1000" % n, 0.8,
                  0.95)
        with rig.gate(rig.store(n), name="many") as many, \
                rig.gate(rig.store(1000), name="few") as few:
            rig.load(Map(many), "-c", 20, "-w", 0, "-l", n,
                     program="map_load", seconds=600)
            ask_map(rig, Map(few), 1000, "-l", 1000)
            for _ in range(repeats):
                m = ask_map(rig, Map(many), n)
                f = ask_map(rig, Map(few), 1000)
                row.add(m["rate"] / f["rate"], many_rate=m["rate"],
                        few_rate=f["rate"])
        rows.append(row)
    return rows


GROUPS = {"memory": memory, "start": start, "growth": growth,
          "churn": churn, "tlsmap": tlsmap}
