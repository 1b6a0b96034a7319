#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What the daemon does when something runs out (THREATS 0.2, 5.4).

descriptors  64 of them and 60 connections: who has a session is answered,
             others are turned away, the front does not spin, and all is well
             when they are gone.
threads      no more can be started: no RCPT is accepted, and the daemon
             serves again afterwards.
memory       front, worker or supervisor get no more of it, libraries too:
             every RCPT is answered or its session ends, none is accepted, a
             reload is taken or not, and neither front nor supervisor dies.
log          nobody reads it: every RCPT is answered, a worker that is killed
             comes back.

    exhaust.py [PROGRAM] [-k NAME]
"""
import argparse
import contextlib
import os
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

OTHER_USER = 64999  # nobody's, so that its threads can be counted
CONF = """milter_socket = "unix:{dir}/milter.sock"
control_socket = "{dir}/control.sock"
tlsmap_listen = ["unix:{dir}/tlsmap.sock"]
metrics_listen = ""
state_dir = "{dir}/state"
user = ""
socket_group = ""
log_target = "stderr"
reply_deadline = "1s"
dns = {{ servers = ["127.0.0.1@1"]  trust_anchor_file = "" }}
probe = {{ enable = false }}
groups = ( {{ name = "default"  require = "secure" }} )
"""


def until(what, found, seconds=30):
    """Waits for found() to be true; seconds is only to end a failure."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = found()
        if got:
            return got
        time.sleep(0.05)
    raise AssertionError("in vain: " + what)


def stat(pid):
    """(parent, processor seconds)"""
    with open("/proc/%d/stat" % pid, encoding="ascii") as f:
        v = f.read().rsplit(")", 1)[1].split()
    return int(v[1]), (int(v[11]) + int(v[12])) / os.sysconf("SC_CLK_TCK")


class Daemon:
    running = []

    def __init__(self, program, limits, stderr=None, user=None):
        self.dir = tempfile.mkdtemp(prefix="exhaust-")
        os.mkdir(self.dir + "/state")
        if user is not None:
            os.chown(self.dir, user, user)
            os.chown(self.dir + "/state", user, user)
        self.conf = self.dir + "/stsgate.conf"
        with open(self.conf, "w", encoding="ascii") as f:
            f.write(CONF.format(dir=self.dir))
        self.log = open(self.dir + "/log", "wb+")

        def enter():
            if user is not None:
                os.setgid(user)
                os.setuid(user)
            for kind, n in limits:
                resource.setrlimit(kind, (n, n))

        self.child = subprocess.Popen(
            [program, "serve", "--foreground", "-c", self.conf],
            stdout=subprocess.DEVNULL, stderr=stderr or self.log,
            preexec_fn=enter)
        self.running.append(self)

    def titled(self, title):
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            with contextlib.suppress(OSError):
                with open("/proc/%s/cmdline" % name, "rb") as f:
                    line = f.read().decode("ascii", "replace")
                if line.startswith("stsgate: " + title) and \
                        stat(int(name))[0] == self.child.pid:
                    return int(name)
        return None

    def ready(self):
        until("a session", lambda: self.answers() is not None)
        return self

    def answers(self, seconds=5, name=b"<x@gone.test>"):
        """The reply to one RCPT of a session of its own, or None."""
        with contextlib.suppress(OSError):
            s = Session(self, seconds)
            with contextlib.closing(s.sock):
                return s.rcpt(name)
        return None

    def said(self):
        self.log.seek(0)
        return self.log.read().decode("utf-8", "replace")

    def stop(self):
        self.child.terminate()
        try:
            self.child.wait(15)
        except subprocess.TimeoutExpired:
            raise AssertionError("it did not stop") from None
        finally:
            self.end()

    def end(self):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)
        self.running.remove(self)


class Session:
    """As an MTA speaks to a milter; OSError when it is turned away."""

    def __init__(self, daemon, seconds=5):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(seconds)
        self.sock.connect(daemon.dir + "/milter.sock")
        self.put(b"O" + struct.pack(">III", 6, 0x1ff, 0x1fffff))
        self.get()
        self.put(b"C" + b"client.test\0" + b"4" + struct.pack(">H", 25) +
                 b"192.0.2.1\0")
        self.put(b"M<a@b.test>\0")

    def put(self, packet):
        self.sock.sendall(struct.pack(">I", len(packet)) + packet)

    def take(self, n):
        data = b""
        while len(data) < n:
            part = self.sock.recv(n - len(data))
            if not part:
                raise ConnectionError("closed")
            data += part
        return data

    def get(self):
        return self.take(struct.unpack(">I", self.take(4))[0])

    def rcpt(self, name=b"<x@gone.test>"):
        """'y' a reply code, 't' temporary, 'c' goes on: never here."""
        self.put(b"R" + name + b"\0")
        while True:
            kind = self.get()[:1]
            if kind in (b"y", b"t", b"r", b"c"):
                assert kind != b"c", "accepted what may not pass"
                return kind
            # progress, or what CONNECT and MAIL are answered with


def check_descriptors(program):
    d = Daemon(program, [(resource.RLIMIT_NOFILE, 64)]).ready()
    old = Session(d)
    crowd = []
    for _ in range(60):
        s = socket.socket(socket.AF_UNIX)
        s.connect(d.dir + "/milter.sock")
        crowd.append(s)
    front = d.titled("front")
    until("somebody turned away", lambda: "turned away" in d.said())
    assert old.rcpt() in b"yt", "who has a session is not answered"
    before = stat(front)[1]
    time.sleep(4)
    spent = stat(front)[1] - before
    assert spent < 0.2, "%.2f s of processor time in 4 s" % spent
    assert d.said().count("turned away") <= 2, d.said()
    for s in crowd:
        s.close()
    old.sock.close()
    until("a session again", d.answers)
    assert d.titled("front") == front, "the front was started anew"
    d.stop()


def check_threads(program):
    if os.geteuid() != 0:
        return "needs root, to become a user without other processes"
    d = Daemon(program, [(resource.RLIMIT_NPROC, 16)], user=OTHER_USER)
    d.ready()
    crowd = []
    for _ in range(40):
        with contextlib.suppress(OSError):
            s = Session(d)
            s.put(b"R<x@gone.test>\0")
            crowd.append(s)
    for s in crowd:
        # Answered, turned away, or left waiting: never accepted.
        with contextlib.suppress(OSError):
            assert s.get()[:1] in b"ytr", "accepted"
        s.sock.close()
    until("a session again", d.answers)
    d.stop()
    return None


def held_memory(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        for line in f:
            if line.startswith("VmSize:"):
                return int(line.split()[1]) * 1024
    raise AssertionError("no VmSize")


def check_memory(program):
    d = Daemon(program, []).ready()
    n = 0
    free = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    for title in ("net", "front", "supervisor"):
        for spare in (0, 65536, 1 << 18, 1 << 20, 1 << 22):
            pid = d.child.pid if title == "supervisor" else \
                until(title, lambda t=title: d.titled(t))
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_AS,
                                 (held_memory(pid) + spare,
                                  resource.RLIM_INFINITY))
            for _ in range(3):
                n += 1
                answer = d.answers(name=b"<x@n%d.test>" % n)
                assert title == "front" or answer in (b"y", b"t"), \
                    "not answered while there is no memory for " + title
            d.child.send_signal(signal.SIGHUP)
            time.sleep(0.3)
            # A worker may have died of it.
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_AS, free)
            until("a session again", d.answers)
            assert title == "net" or os.path.exists("/proc/%d" % pid), \
                title + " died"
    taken = d.said().count("read again")
    d.child.send_signal(signal.SIGHUP)
    until("a reload", lambda: d.said().count("read again") > taken)
    d.stop()


def check_log(program):
    ours, theirs = os.pipe()
    d = Daemon(program, [], stderr=theirs).ready()
    os.set_blocking(theirs, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(theirs, b"." * 1024)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(theirs, b".")
    os.set_blocking(theirs, True)
    for _ in range(20):
        assert d.answers() in b"yt", "not answered"
    for title in ("net", "front"):
        was = d.titled(title)
        os.kill(was, signal.SIGKILL)
        until("another " + title,
              lambda t=title, w=was: d.titled(t) not in (None, w))
        until("an answer after the death of " + title, d.answers)
    os.set_blocking(ours, False)
    with contextlib.suppress(BlockingIOError):
        while os.read(ours, 65536):
            pass
    d.stop()
    os.close(ours)
    os.close(theirs)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("program", nargs="?", default="./stsgate")
    p.add_argument("-k", dest="only")
    args = p.parse_args()
    passed = failed = 0
    for name, check in (("descriptors", check_descriptors),
                        ("threads", check_threads),
                        ("memory", check_memory), ("log", check_log)):
        if args.only not in (None, name):
            continue
        try:
            skipped = check(args.program)
            passed += 1
            print("%s: %s" % (name, skipped or "ok"))
        except AssertionError as e:
            failed += 1
            print("%s: FAILED: %s" % (name, e))
        for daemon in list(Daemon.running):
            daemon.end()
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
