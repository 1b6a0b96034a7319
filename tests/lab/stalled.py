# SPDX-License-Identifier: ISC
"""A syslogd that takes nothing any more: every reply is given all the same, the
supervisor still replaces what dies, and the log says what it lost
(THREATS 5.4)."""
import contextlib
import os
import signal
import socket

import herd
import proc
from check import POSTFIX_ONLY, Failure, same
from faults import FAULTS
from gate import Gate
from stories import story

PORT = 8892
RECIPIENTS = 6000  # more than the queue of /dev/log and the gate's own


@contextlib.contextmanager
def full_dev_log():
    """/dev/log is a socket that nobody reads; Sendmail's own is kept."""
    kept = os.path.exists("/dev/log")
    if kept:
        os.rename("/dev/log", "/dev/log.kept")
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind("/dev/log")
    os.chmod("/dev/log", 0o666)
    try:
        yield sock
    finally:
        sock.close()
        os.unlink("/dev/log")
        if kept:
            os.rename("/dev/log.kept", "/dev/log")


def ask(count, domain):
    """The replies to count recipients of one session."""
    with socket.create_connection(("127.0.0.1", PORT), timeout=60) as s:
        s.sendall(herd.OPTNEG)
        herd.read_frame(s)
        s.sendall(herd.mail())
        replies = set()
        for _ in range(count):
            s.sendall(herd.rcpt(domain))
            replies.add(herd.read_frame(s)[:1])
        return replies


def messages(sock):
    sock.settimeout(1)
    text = ""
    with contextlib.suppress(TimeoutError):
        while True:
            text += sock.recv(8192).decode() + "\n"
    return text


@story("a stalled /dev/log holds up neither replies nor restarts",
       POSTFIX_ONLY, FAULTS)
def _(lab, _relay):
    gate = Gate(lab, "gate-log", lab.binary, "inet:%d@127.0.0.1" % PORT)
    text = gate.text.replace('log_target = "stderr"', 'log_target = "syslog"')
    proc.write(gate.conf, text)
    with full_dev_log() as log:
        gate.start()
        try:
            same("replies", ask(RECIPIENTS, "unsigned.test"), {b"c"})
            # only our own: the other gate of the lab has such children too
            supervisor = gate.daemon.child.pid
            for title in ("net 0", "front"):
                old = child(supervisor, title)
                os.kill(old, signal.SIGKILL)
                proc.until(lambda: child(supervisor, title) not in (None, old),
                           "a new " + title)
            proc.until(lambda: ask(1, "unsigned.test") == {b"c"},
                       "the gate to answer again")
            messages(log)  # now there is room
            same("after", ask(1, "unsigned.test"), {b"c"})
            got = messages(log)
        finally:
            gate.stop()
    if "next_hop=unsigned.test" not in got:
        raise Failure("the log does not go on: " + got[-500:])


def child(parent, title):
    for pid in proc.titled("^stsgate: " + title):
        if proc.parent(pid) == parent:
            return pid
    return None
