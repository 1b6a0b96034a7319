# SPDX-License-Identifier: ISC
"""Ten thousand recipients of one domain that nobody has asked for yet, all at
once: what a mailing list's first message does. The milter protocol is spoken
directly, since no MTA opens that many connections."""
import resource
import select
import socket
import struct
import time

from check import POSTFIX_ONLY, Failure, same
from faults import FAULTS
from stories import story

CROWD = 10000
DOMAIN = "late.test"  # its policy host takes a second and a half
PATIENCE = 60


def frame(command, data=b""):
    return struct.pack("!I", len(data) + 1) + command + data


def strings(*values):
    return b"".join(v.encode() + b"\0" for v in values)


OPTNEG = frame(b"O", struct.pack("!III", 6, 0x1ff, 0x1fffff))
MAIL = (frame(b"D", b"M" + strings("{mail_mailer}", "smtp")) +
        frame(b"M", strings("<alice@default.example>")))
RCPT = (frame(b"D", b"R" + strings("{rcpt_mailer}", "smtp", "{rcpt_host}",
                                   DOMAIN)) +
        frame(b"R", strings("<bob@%s>" % DOMAIN)))


def read_frame(sock):
    head = sock.recv(4, socket.MSG_WAITALL)
    if len(head) < 4:
        raise Failure("the milter closed a connection")
    return sock.recv(struct.unpack("!I", head)[0], socket.MSG_WAITALL)


def open_session(address):
    sock = socket.create_connection(address, timeout=PATIENCE)
    sock.sendall(OPTNEG)
    if read_frame(sock)[:1] != b"O":
        raise Failure("no negotiation")
    sock.sendall(MAIL)  # negotiated to have no reply
    return sock


def collect(sessions):
    """The first byte of each answer, as they come."""
    waiting = {s.fileno(): s for s in sessions}
    poll = select.epoll()
    for fd in waiting:
        poll.register(fd, select.EPOLLIN)
    answers = []
    end = time.monotonic() + PATIENCE
    while waiting and time.monotonic() < end:
        for fd, _ in poll.poll(1):
            answers.append(read_frame(waiting.pop(fd))[:1])
            poll.unregister(fd)
    return answers


@story("10,000 recipients of a cold domain: one TXT query, one GET (K-15)",
       POSTFIX_ONLY, FAULTS)
def _(lab, relay):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    address = ("127.0.0.1", 8890)
    before = len(lab.dns.gate_queries())
    fetched = lab.web.late_fetches()
    sessions = [open_session(address) for _ in range(CROWD)]
    try:
        for s in sessions:
            s.sendall(RCPT)
        answers = collect(sessions)
    finally:
        for s in sessions:
            s.close()
    same("answers", len(answers), CROWD)
    same("kinds of answer", set(answers), {b"c"})
    asked = lab.dns.gate_queries()[before:]
    same("TXT queries", asked.count("_mta-sts.%s. TXT" % DOMAIN), 1)
    same("MX queries", asked.count("%s. MX" % DOMAIN), 1)
    same("fetches", lab.web.late_fetches() - fetched, 1)
