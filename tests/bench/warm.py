# SPDX-License-Identifier: ISC
"""Goals 1 to 5 and 15: recipients that are known."""
import os
import shutil

import rig as r
from rig import Row


def per_rcpt_us(got):
    """Over the warm up too, which is part of the CPU's account."""
    return got["cpu_s"] * 1e6 / max(got["rcpts"], 1)


def add_rates(row, cpu_row, gate, null):
    row.add(gate["rate"] / null["rate"], gate_rate=gate["rate"],
            null_rate=null["rate"])
    cpu_row.add(per_rcpt_us(null) / per_rcpt_us(gate),
                gate_us=per_rcpt_us(gate), null_us=per_rcpt_us(null))


def warm_up(rig, gate, domains):
    """Each domain once: from the disk into memory."""
    rig.load(gate, "-c", 20, "-w", 0, "-n", domains, "-l", domains,
             seconds=600)


def rates(rig, repeats, domains=100000):
    """1 and 2, over one pair of servers."""
    rows, worst = [], []
    with rig.gate(rig.store(domains)) as gate, rig.null() as null:
        warm_up(rig, gate, domains)
        for conns in (10, 100):
            rate = Row("1", "warm RCPT/s, %d conns, S / null" % conns,
                       0.90, 0.97)
            cpu = Row("1", "  CPU a warm RCPT, %d conns, null / S" % conns,
                      0.90, 0.97)
            tail = Row("2", "worst RCPT, null / S", 5, 20)
            p9999 = Row("2", "p9999 RCPT, null / S", 5, 20)
            for i in range(repeats):
                pair = [(gate, ("-n", domains)), (null, ("-n", domains))]
                if i % 2:
                    pair.reverse()
                got = {s.name: rig.load(s, "-c", conns, "-w", 0, *o)
                       for s, o in pair}
                g, n = got["gate"], got["null"]
                if g["accepted"] == 0 or g["odd"] or g["rejected"]:
                    raise r.BenchError("the gate refuses: %s" % g)
                add_rates(rate, cpu, g, n)
                tail.add(n["worst_us"] / g["worst_us"],
                         gate_ms=g["worst_us"] / 1e3,
                         null_ms=n["worst_us"] / 1e3,
                         null_unserved=n["unserved"],
                         gate_unserved=g["unserved"])
                p9999.add(n["p9999_us"] / g["p9999_us"],
                          gate_ms=g["p9999_us"] / 1e3,
                          null_ms=n["p9999_us"] / 1e3)
            rows += [rate, cpu]
            worst = [tail, p9999]
    return rows + worst


GROUPS = {"warm": rates}
