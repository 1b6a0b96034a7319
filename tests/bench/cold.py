# SPDX-License-Identifier: ISC
"""Goals 8 to 12: domains that nobody knows yet, far away.

These rows run in namespaces of their own, made by `delay`: the outer half
starts this program again in there, the inner half measures.
"""
import json
import os
import signal
import statistics
import subprocess
import sys

import rig as r
from rig import Row

RTT_MS = 50
MILLION = 1000000
DNS = "198.18.0.1"
CONF = """dns = {{ servers = ["%s"]  trust_anchor_file = "" }}
allow_networks = ["198.18.0.0/15"]
https = {{ ca_file = "{ca}" }}
workers = {workers}
reply_deadline = "8s"
probe = {{ enable = {probe}  ca_file = "{ca}"  helo = "gate.example" }}
""" % DNS


class World:
    """Numbers of domains that nobody has asked for yet."""

    def __init__(self, rig):
        self.rig, self.ca = rig, os.path.join(rig.dir, "world-ca.pem")
        self.next = {"own": 0, "none": MILLION, "known": 2 * MILLION}

    def take(self, kind, n):
        first = self.next[kind]
        self.next[kind] += n
        return first

    def gate(self, probe, workers=1, cores=None):
        conf = CONF.format(ca=self.ca, workers=workers,
                           probe="true" if probe else "false")
        gate = self.rig.gate(more=conf, name="cold-gate", cores=cores)
        gate.n_workers = workers
        return gate

    def rtt_ms(self):
        return float(subprocess.run(
            ["taskset", "-c", str(self.rig.server_core),
             self.rig.program("bare"), DNS, "15"],
            stdout=subprocess.PIPE, check=True, text=True).stdout)

    def bare(self, n, threads, *more):
        out = subprocess.run(
            ["taskset", "-c", str(self.rig.server_core),
             self.rig.program("bare"), DNS, self.ca,
             str(self.take("own", n)), str(n), str(threads), *more],
            stdout=subprocess.PIPE, check=True, text=True).stdout
        return json.loads(out)


def one_by_one(world, gate, kind, n):
    """The median of so many recipients, in round trips as they are just
    now: on a busy machine a packet is late."""
    rtt_ms = world.rtt_ms()
    lines = world.rig.lines(gate, "-c", 1, "-w", 0, "-d", 120, "-f",
                            "example", "-b", world.take(kind, n), "-l", n,
                            "-n", n)
    if len(lines) != n or any(a != "c" for _, a in lines):
        raise r.BenchError("%d of %d cold recipients were let through" %
                           (sum(a == "c" for _, a in lines), n))
    rtt_ms = (rtt_ms + world.rtt_ms()) / 2
    return statistics.median(t for t, _ in lines) / 1e3 / rtt_ms, rtt_ms


def round_trips(world, repeats):
    rows = [Row("8", "policy, no probe, in RTTs", 4.3, 4.1, False),
            Row("10", "no STS, in RTTs", 1.2, 1.05, False),
            Row("9", "policy and probe, MX address unknown, in RTTs",
                7.5, 7.1, False),
            Row("9", "policy and probe, MX address known, in RTTs",
                6.5, 6.1, False)]
    n = 8 if world.rig.quick else 20
    for probe, parts in ((False, ((rows[0], "own"), (rows[1], "none"))),
                         (True, ((rows[2], "own"), (rows[3], "known")))):
        with world.gate(probe) as gate:
            one_by_one(world, gate, "own", 3)
            for _ in range(repeats):
                for row, kind in parts:
                    trips, rtt_ms = one_by_one(world, gate, kind, n)
                    row.add(trips, rtt_ms=rtt_ms)
    return rows


def looked_up(gate):
    with open(gate.log, "rb") as f:
        return f.read().count(b" source=lookup ")


def many(world, gate, n, conns=100):
    """So many domains, so many at once. To be let through is not enough: a
    lookup that failed lets them through as well."""
    r.until(lambda: len(gate.workers()) == gate.n_workers, "net workers")
    before = looked_up(gate)
    got = world.rig.load(gate, "-c", conns, "-w", 0, "-f", "example", "-b",
                         world.take("own", n), "-l", n, "-n", n, "-r", 1,
                         seconds=120)
    if got["accepted"] < n:
        raise r.BenchError("cold: %s" % got)
    r.until(lambda: looked_up(gate) >= before + n * 0.98,
            "%d lookups; there are %d" % (n, looked_up(gate) - before), 5)
    return got


def rates(world, repeats):
    """100 in flight cannot do more than 100 a chain of round trips; what a
    domain costs the processor, beside who does no more than must be done."""
    rows = []
    n = 300 if world.rig.quick else 1200
    for probe, chain in ((False, 4), (True, 7)):
        what = "policy and probe" if probe else "policy"
        rate = Row("11", "cold domains/s, 100 in flight, %s / ideal" % what,
                   0.75, 0.95)
        cpu = Row("12", "CPU a cold domain, %s, S / bare client" % what,
                  1.5 if probe else None, 1.15, False)
        ideal = 100 / (chain * RTT_MS / 1e3)
        with world.gate(probe) as gate:
            many(world, gate, 50)
            for _ in range(repeats):
                got = many(world, gate, n)
                bare = world.bare(n, 100, *([] if probe else ["no-probe"]))
                rate.add(got["rate"] / ideal, rate=got["rate"], ideal=ideal,
                         p99_ms=got["p99_us"] / 1e3)
                gate_us = got["cpu_s"] * 1e6 / n
                cpu.add(gate_us / bare["cpu_us"], gate_us=gate_us,
                        bare_us=bare["cpu_us"])
        rows += [rate, cpu]
    return rows


def workers(world, repeats):
    """Two cores and two workers against one of each. The generators have no
    core left to themselves then, so that the ratio cannot reach 2."""
    row = Row("-", "cold domains/s, 2 workers on 2 cores / 1 on 1", None,
              None)
    n = 300 if world.rig.quick else 1500
    both = {world.rig.server_core, world.rig.client_core}
    for _ in range(repeats):
        got = []
        for count, cores in ((1, None), (2, both)):
            with world.gate(True, count, cores) as gate:
                many(world, gate, 50)
                got.append(many(world, gate, n, 400)["rate"])
        row.add(got[1] / got[0], one=got[0], two=got[1])
    return [row]


def stopped_worker(world, repeats):
    """One of two workers stops answering: domains of the other must not feel
    it. Its own wait until it is replaced; they are told by their time."""
    row = Row("-", "a cold policy of the other worker when one is stopped / "
              "when not", None, None, False)
    n, soon_us = 40, 2500000
    both = {world.rig.server_core, world.rig.client_core}

    def ask():
        return [t for t, _ in world.rig.lines(
            gate, "-c", n, "-w", 0, "-d", 60, "-f", "example", "-r", 1, "-b",
            world.take("own", n), "-l", n, "-n", n)]

    with world.gate(False, 2, both) as gate:
        for _ in range(repeats):
            r.until(lambda: len(gate.workers()) == 2, "net workers")
            many(world, gate, 20, 20)
            without = statistics.median(ask())
            stopped = gate.workers()[0]
            os.kill(stopped, signal.SIGSTOP)
            all_us = ask()
            others = [t for t in all_us if t < soon_us]
            if len(others) == n or len(others) < n // 5:
                raise r.BenchError("%d of %d did not wait" %
                                   (len(others), n))
            row.add(statistics.median(others) / without,
                    without_ms=without / 1e3, share=len(others) / n,
                    its_own_ms=statistics.median(
                        t for t in all_us if t >= soon_us) / 1e3)
            r.until(lambda: stopped not in gate.workers(), "its replacement")
    return [row]


PARTS = {"cold": round_trips,
         "coldrate": lambda world, repeats: rates(world, repeats) +
         workers(world, repeats),
         "stopped": stopped_worker}


def inside(rig, repeats, part, path):
    world = World(rig)
    r.until(lambda: os.path.exists(world.ca), "the world")
    rows = PARTS[part](world, repeats)
    with open(path, "w") as f:
        json.dump([row.as_json() for row in rows], f)


def outside(rig, repeats, part):
    """Rows as the inner half found them."""
    if os.geteuid() != 0:
        print("cold: needs root, for namespaces (skipped)", flush=True)
        return []
    path = os.path.join(rig.dir, "cold.json")
    ca = os.path.join(rig.dir, "world-ca.pem")
    for old in (path, ca):
        if os.path.exists(old):
            os.unlink(old)
    done = subprocess.run(
        [rig.program("delay"), str(RTT_MS), rig.program("world"), ca,
         str(rig.client_core), "--", sys.executable, sys.argv[0],
         *rig.same_options, "--inside", part, path, "--repeats", str(repeats)])
    if done.returncode == 77:
        print("cold: no TUN or namespaces here (skipped)", flush=True)
        return []
    if done.returncode != 0:
        raise r.BenchError("the cold rows ended with %d" % done.returncode)
    with open(path) as f:
        return [Row.from_json(row) for row in json.load(f)]


GROUPS = {part: (lambda part: lambda rig, repeats: outside(
    rig, repeats, part))(part) for part in PARTS}
