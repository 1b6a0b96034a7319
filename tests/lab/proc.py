# SPDX-License-Identifier: ISC
"""Daemons as child processes, and waiting by looking, never by sleeping a
guessed time."""
import os
import re
import signal
import socket
import subprocess
import time


class LabError(Exception):
    """The lab itself is broken, or what was waited for did not come."""


def until(look, what, timeout=15.0):
    """Calls look() until it gives something true, and returns that."""
    end = time.monotonic() + timeout
    while True:
        got = look()
        if got:
            return got
        if time.monotonic() > end:
            raise LabError("waited %gs in vain for %s" % (timeout, what))
        time.sleep(0.01)


def tool(*argv, **kw):
    """Runs a command that must succeed; returns what it printed."""
    done = subprocess.run(argv, stdin=kw.pop("stdin", subprocess.DEVNULL),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, **kw)
    if done.returncode != 0:
        raise LabError("%s: exit %d: %s" % (" ".join(argv), done.returncode,
                                            done.stderr or done.stdout))
    return done.stdout


def listening(address, port):
    def look():
        with socket.socket() as s:
            return s.connect_ex((address, port)) == 0
    return look


def listening_unix(path):
    with socket.socket(socket.AF_UNIX) as s:
        return s.connect_ex(path) == 0


def answering_dns(address, name=b"\x04test\x00"):
    """True once the server gives a SOA of test. without error."""
    query = b"\x4c\x42\x01\x00\x00\x01\0\0\0\0\0\0" + name + b"\0\x06\0\x01"

    def look():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(0.2)
            try:
                s.connect((address, 53))
                s.send(query)
                answer = s.recv(4096)
            except OSError:
                return False
            return answer[3] & 15 == 0 and answer[6:8] != b"\0\0"
    return look


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)
    return path


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()
    except FileNotFoundError:
        return ""


class Daemon:
    """One child in the foreground; its output goes to log."""

    def __init__(self, name, argv, log, ready, env=None):
        self.name, self.argv, self.log = name, argv, log
        self.ready, self.env, self.child = ready, env, None

    def start(self, wait=True):
        env = dict(os.environ, **(self.env or {}))
        with open(self.log, "a") as log:
            self.child = subprocess.Popen(self.argv, env=env, stdout=log,
                                          stderr=log,
                                          stdin=subprocess.DEVNULL)
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        def look():
            if self.child.poll() is not None:
                raise LabError("%s ended at once, exit %d" %
                               (self.name, self.child.returncode))
            return self.ready()
        until(look, self.name + " to serve", 30)

    def stop(self, how=signal.SIGTERM, timeout=10.0):
        """Ends it; returns how many seconds that took."""
        begin = time.monotonic()
        if self.child and self.child.poll() is None:
            self.child.send_signal(how)
            try:
                self.child.wait(timeout)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
                raise LabError("%s did not end in %gs" % (self.name, timeout))
        return time.monotonic() - begin


def parent(pid):
    """0 if it is gone."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            return int(f.read().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0


def titled(pattern):
    """PIDs of the cell whose command line matches."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as f:
                line = f.read().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if re.search(pattern, line):
            found.append(int(pid))
    return found
