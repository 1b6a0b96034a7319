# SPDX-License-Identifier: ISC
"""What the rows stand on: servers on one core, generators on the other, and
what a process used of its core.
"""
import json
import os
import shutil
import signal
import statistics
import subprocess
import time

CONF = """# made by the benchmark
milter_socket = "unix:{dir}/milter.sock"
socket_group = ""
tlsmap_listen = ["unix:{dir}/tlsmap.sock"]
control_socket = "{dir}/control.sock"
metrics_listen = ""
state_dir = "{dir}"
user = ""
log_target = "stderr"
limits = {{ cold_per_sender = "1000000/m"  cold_per_group = "100000/s"
  cold_total = "100000/s" }}
"""
# Nobody answers there: what is warm asks nobody.
NO_DNS = 'dns = { servers = ["127.0.0.1@5399"] }\n'
TICK = os.sysconf("SC_CLK_TCK")


class BenchError(Exception):
    """The benchmark cannot go on."""


def until(look, what, timeout=20.0):
    end = time.monotonic() + timeout
    while True:
        got = look()
        if got:
            return got
        if time.monotonic() > end:
            raise BenchError("waited %gs in vain for %s" % (timeout, what))
        time.sleep(0.005)


def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return [int(p) for p in f.read().split()]
    except OSError:
        return []


def stat(pid):
    with open("/proc/%d/stat" % pid) as f:
        return f.read().rsplit(")", 1)[1].split()


def cpu_s(pid):
    """Of the process and its children, in seconds."""
    fields = stat(pid)
    own = (int(fields[11]) + int(fields[12])) / TICK
    return own + sum(cpu_s(c) for c in children(pid))


def rss(pid):
    """What it holds for itself, in bytes."""
    with open("/proc/%d/smaps_rollup" % pid) as f:
        for line in f:
            if line.startswith(("Private_Dirty:", "Anonymous:")):
                return int(line.split()[1]) * 1024
    raise BenchError("no smaps_rollup")


def title(pid):
    with open("/proc/%d/cmdline" % pid) as f:
        return f.read().split("\0")[0]


class Server:
    """A program on the server's core, and where it listens."""

    def __init__(self, rig, name, argv, socket, log=None, cores=None):
        self.rig, self.name, self.argv = rig, name, argv
        self.socket, self.child = socket, None
        self.log = log or os.path.join(rig.dir, name + ".log")
        self.cores = cores if cores is not None else {rig.server_core}

    def start(self):
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        cores = self.cores
        self.child = subprocess.Popen(
            self.argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(self.log, "ab"),
            preexec_fn=lambda: os.sched_setaffinity(0, cores))
        until(lambda: os.path.exists(self.socket) or
              self.child.poll() is not None, self.name)
        if self.child.poll() is not None:
            raise BenchError("%s ended at once; see %s" %
                             (self.name, self.log))
        return self

    def front(self):
        """The process that answers."""
        return next((c for c in children(self.child.pid)
                     if "front" in title(c)), self.child.pid)

    def workers(self):
        return [c for c in children(self.child.pid) if ": net" in title(c)]

    def cpu_s(self):
        return cpu_s(self.child.pid)

    def stop(self):
        if self.child is None:
            return
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(15)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.child = None
        open(self.log, "w").close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


class Rig:
    def __init__(self, programs, stsgate, scratch, seconds):
        self.programs, self.stsgate = programs, stsgate
        self.dir, self.seconds = scratch, seconds
        cores = sorted(os.sched_getaffinity(0))
        self.server_core, self.client_core = cores[0], cores[-1]
        os.makedirs(scratch, exist_ok=True)

    def program(self, name):
        return os.path.join(self.programs, name)

    def null(self, *options):
        path = os.path.join(self.dir, "null.sock")
        return Server(self, "null", [self.program("null_milter"), *options,
                                     "unix:" + path], path)

    def gate(self, store=None, more=NO_DNS, name="gate", cores=None):
        """stsgate, warm with a copy of that store; or cold."""
        where = os.path.join(self.dir, name)
        shutil.rmtree(where, ignore_errors=True)
        os.makedirs(where)
        if store:
            shutil.copy(store, where + "/facts.sqlite")
        with open(where + "/stsgate.conf", "w") as f:
            f.write(CONF.format(dir=where) + more)
        return Server(self, name, [self.stsgate, "serve", "--foreground",
                                   "-c", where + "/stsgate.conf"],
                      where + "/milter.sock", cores=cores)

    def store(self, domains, percent=50):
        """The path of a store that holds so many; made anew when old."""
        path = os.path.join(self.dir, "seed-%d-%d" % (domains, percent))
        try:
            fresh = time.time() - os.path.getmtime(path) < 6 * 3600
        except OSError:
            fresh = False
        if not fresh:
            for end in ("", "-wal", "-shm"):
                if os.path.exists(path + end):
                    os.unlink(path + end)
            subprocess.run([self.program("seed"), path, str(domains),
                            str(percent)], check=True)
        return path

    def load(self, server, *options, program="milter_load", seconds=None):
        """One run of a generator: what it counted, and the server's CPU."""
        before = server.cpu_s()
        out = subprocess.run(
            [self.program(program), "-p", str(self.client_core), "-d",
             str(seconds or self.seconds), *map(str, options),
             "unix:" + server.socket],
            stdout=subprocess.PIPE, check=True, text=True).stdout
        got = json.loads(out.splitlines()[-1])
        got["cpu_s"] = server.cpu_s() - before
        return got

    def lines(self, server, *options, program="milter_load"):
        """The same, with -e: microseconds and answer of each."""
        out = subprocess.run(
            [self.program(program), "-p", str(self.client_core), "-e",
             *map(str, options), "unix:" + server.socket],
            stdout=subprocess.PIPE, check=True, text=True).stdout
        return [(float(t), a) for t, a in
                (line.split() for line in out.splitlines()[:-1])]


class Row:
    """One goal's figure: a ratio a repeat; the median counts, the spread is
    half of what lies between the quartiles, in per cent of it."""

    def __init__(self, goal, name, good, aim, larger_is_better=True):
        self.goal, self.name, self.good, self.aim = goal, name, good, aim
        self.larger = larger_is_better
        self.ratios, self.details = [], []

    def add(self, ratio, **detail):
        self.ratios.append(ratio)
        self.details.append(detail)

    def median(self):
        return statistics.median(self.ratios)

    def spread(self):
        if len(self.ratios) < 2:
            return 0.0
        q = statistics.quantiles(self.ratios, n=4, method="inclusive")
        return 50 * (q[2] - q[0]) / abs(self.median() or 1)

    def verdict(self):
        def reached(goal):
            m = self.median()
            return m >= goal if self.larger else m <= goal
        if self.good is None:
            return ""
        return "aim" if reached(self.aim) else \
            "good" if reached(self.good) else "SHORT"

    def detail(self, key):
        values = [d[key] for d in self.details if key in d]
        return statistics.median(values) if values else None

    def show(self):
        good = "" if self.good is None else \
            "good %g, aim %g" % (self.good, self.aim)
        more = "  ".join("%s %.4g" % (k, self.detail(k))
                         for k in sorted({k for d in self.details
                                          for k in d}))
        return "%-3s %-52s %8.3f ±%4.1f%% of %d  %-18s %-5s  %s" % (
            self.goal, self.name, self.median(), self.spread(),
            len(self.ratios), good, self.verdict(), more)

    @classmethod
    def from_json(cls, d):
        row = cls(d["goal"], d["name"], d["good"], d["aim"],
                  d["larger_is_better"])
        row.ratios, row.details = d["ratios"], d["details"]
        return row

    def as_json(self):
        return {"goal": self.goal, "name": self.name, "good": self.good,
                "aim": self.aim, "median": self.median(),
                "spread_percent": self.spread(), "ratios": self.ratios,
                "larger_is_better": self.larger, "verdict": self.verdict(),
                "details": self.details}
