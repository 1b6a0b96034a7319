# SPDX-License-Identifier: ISC
"""Goals 1 to 5 and 15: recipients that are known."""
import json
import os
import shutil
import signal
import subprocess
import time

import rig as r
from rig import NO_DNS, Row


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
                got = {s.name: rig.load(s, "-s", "-c", conns, "-w", 0, *o)
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


def without_worker(gate, load):
    """Runs load while the net worker is stopped: nobody answers lookups, so
    that each recipient waits until its own deadline. The supervisor would
    replace a worker that is stopped for longer."""
    stopped = r.until(gate.workers, "a net worker", 60)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        return load()
    finally:
        for pid in set(stopped) & set(gate.workers()):
            os.kill(pid, signal.SIGCONT)
        time.sleep(1)  # it has old questions to read


def beside_hanging(rig, repeats, domains=1000):
    """3: 50 sessions wait for lookups that hang, 10 are answered at once. Not
    by a name server that does not answer: libunbound soon asks it no more, and
    who hung is told at once."""
    row = Row("3", "warm p99 with 50 cold lookups hanging / without", 1.5,
              1.1, False)
    base = 20000000  # names that nobody has asked for yet

    def load_beside(gate, ask):
        others = subprocess.Popen(
            [rig.program("milter_load"), "-c", "50", "-w", "0", "-d",
             str(rig.seconds + 1), "-i", "-b", str(base), "-n", "1000000",
             "unix:" + gate.socket], stdout=subprocess.PIPE, text=True)
        got = rig.load(gate, *ask)
        hung = json.loads(others.communicate()[0])
        if hung["rcpts"] > 100 * (rig.seconds + 1):
            raise r.BenchError("they did not hang: %s" % hung)
        return got

    with rig.gate(rig.store(domains), NO_DNS + 'reply_deadline = "3s"\n') \
            as gate:
        warm_up(rig, gate, domains)
        for _ in range(repeats):
            # Think time, so that what is measured is waiting, not a queue.
            ask = ("-c", 10, "-w", 0, "-n", domains, "-t", 2)
            alone = rig.load(gate, *ask)
            beside = without_worker(gate, lambda: load_beside(gate, ask))
            base += 1000000
            row.add(beside["p99_us"] / alone["p99_us"],
                    alone_us=alone["p99_us"], beside_us=beside["p99_us"])
    return [row]


def waiting(rig, repeats):
    """4: recipients that wait a second each."""
    rows = [Row("4", "%d x 3 recipients that wait 1 s: worst / 1 s" % n, 1.3,
                1.1, False) for n in (5, 100, 1000)]
    base = 50000000
    with rig.gate(None, NO_DNS + 'reply_deadline = "1s"\n') as gate:
        for _ in range(repeats):
            for row, n in zip(rows, (5, 100, 1000)):
                ask = ("-c", n, "-w", 0, "-r", 3, "-b", base, "-n", 3 * n,
                       "-l", 3 * n)
                got = without_worker(
                    gate, lambda: rig.load(gate, *ask, seconds=60))
                base += 10000
                if got["rcpts"] != 3 * n or got["p50_us"] < 900000:
                    raise r.BenchError("they did not wait: %s" % got)
                row.add(got["worst_us"] / 1e6, worst_ms=got["worst_us"] / 1e3,
                        p50_ms=got["p50_us"] / 1e3)
    return rows


def opendkim(rig):
    path = os.path.join(rig.dir, "opendkim.sock")
    program = shutil.which("opendkim") or "/usr/sbin/opendkim"
    if not os.path.exists(program):
        return None
    conf = os.path.join(rig.dir, "opendkim.conf")
    with open(conf, "w") as f:
        f.write("Mode v\nSocket local:%s\nUserID root\nBackground no\n"
                "Syslog no\nTrustAnchorFile /dev/null\n" % path)
    return r.Server(rig, "opendkim", [program, "-f", "-x", conf], path)


def messages(rig, repeats, domains=1000):
    """5: whole messages of 4 kB, a session each, one recipient."""
    row = Row("5", "messages/s, 10 conns, S / opendkim (verify)", 4, 5.5)
    against_null = Row("-", "messages/s, 10 conns, S / null (MAIL too)",
                       None, None)
    other = opendkim(rig)
    with rig.gate(rig.store(domains)) as gate, rig.null("-m") as null:
        warm_up(rig, gate, domains)
        ask = ("-s", "-c", 10, "-w", 0, "-n", domains, "-m", 4000, "-r", 1)
        for _ in range(repeats):
            g = rig.load(gate, *ask)
            n = rig.load(null, *ask)
            against_null.add(g["message_rate"] / n["message_rate"],
                             gate_rate=g["message_rate"],
                             null_rate=n["message_rate"])
            if other is None:
                continue
            with other:
                o = rig.load(other, *ask)
            row.add(g["message_rate"] / o["message_rate"],
                    gate_rate=g["message_rate"],
                    opendkim_rate=o["message_rate"],
                    cpu_ratio=o["cpu_s"] / o["messages"] /
                    (g["cpu_s"] / g["messages"]))
    if other is None:
        print("5: no opendkim here (skipped)", flush=True)
        return [against_null]
    return [row, against_null]


def own_part(rig, repeats):
    """What is ours of a recipient, without libmilter and the kernel."""
    rows = []
    for domains in (1000, 100000) if rig.quick else (1000, 100000, 1000000):
        row = Row("-", "our own part of a warm recipient, us, %d domains"
                  % domains, None, None, False)
        for _ in range(repeats):
            out = subprocess.run(
                ["taskset", "-c", str(rig.server_core),
                 rig.program("gate_cost"), "-n", str(domains)],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                check=True, text=True).stdout
            got = json.loads(out)
            if got["allocations"] > 0:
                raise r.BenchError("a warm recipient allocates: %s" % out)
            row.add(got["ns"] / 1e3)
        rows.append(row)
    return rows


def system_calls(rig, repeats):
    """Ours, of a warm recipient: what a hundred thousand more of them add.
    What is left is the log's thread, some dozens of lines a call."""
    if shutil.which("strace") is None:
        return []
    row = Row("-", "our own system calls a warm recipient", None, None, False)
    for _ in range(min(repeats, 2)):
        few, many = count_calls(rig, 1), count_calls(rig, 100000)
        row.add((many - few) / 100000 / 1.25)  # it warms up with a quarter
    return [row]


def count_calls(rig, recipients):
    out = os.path.join(rig.dir, "strace.out")
    subprocess.run(["strace", "-c", "-f", "-o", out,
                    rig.program("gate_cost"), "-r", str(recipients)],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   check=True)
    with open(out) as f:
        total = next(line for line in reversed(f.readlines())
                     if line.rstrip().endswith("total"))
    return int(total.split()[3])


GROUPS = {"warm": rates, "hanging": beside_hanging, "waiting": waiting,
          "messages": messages, "own": own_part, "syscalls": system_calls}
