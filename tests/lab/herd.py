# SPDX-License-Identifier: ISC
"""Many at once: ten thousand recipients of one domain that nobody has asked for
yet, which is what a mailing list's first message does; a thousand domains whose
policy hosts never speak. The milter protocol is spoken directly, since no MTA
opens that many connections."""
import resource
import select
import socket
import struct
import time

from check import POSTFIX_ONLY, Failure, same
from faults import FAULTS
from stories import story

CROWD = 10000
DOMAIN = "late.test"  # its policy host takes a second and a half to answer
TARPITS = 1000
PATIENCE = 60
ADDRESS = ("127.0.0.1", 8890)


def frame(command, data=b""):
    return struct.pack("!I", len(data) + 1) + command + data


def strings(*values):
    return b"".join(v.encode() + b"\0" for v in values)


OPTNEG = frame(b"O", struct.pack("!III", 6, 0x1ff, 0x1fffff))


def mail(login=None):
    macros = ["{mail_mailer}", "smtp"]
    if login:
        macros += ["{auth_authen}", login]
    return (frame(b"D", b"M" + strings(*macros)) +
            frame(b"M", strings("<alice@default.example>")))


def rcpt(domain):
    return (frame(b"D", b"R" + strings("{rcpt_mailer}", "smtp",
                                       "{rcpt_host}", domain)) +
            frame(b"R", strings("<bob@%s>" % domain)))


def read_frame(sock):
    head = sock.recv(4, socket.MSG_WAITALL)
    if len(head) < 4:
        raise Failure("the milter closed a connection")
    return sock.recv(struct.unpack("!I", head)[0], socket.MSG_WAITALL)


def open_session(login=None):
    sock = socket.create_connection(ADDRESS, timeout=PATIENCE)
    sock.sendall(OPTNEG)
    if read_frame(sock)[:1] != b"O":
        raise Failure("no negotiation")
    sock.sendall(mail(login))  # negotiated to have no reply
    return sock


def allow_many():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def unanswered(sessions):
    poll = select.poll()
    for s in sessions:
        poll.register(s, select.POLLIN)
    return len(sessions) - len(poll.poll(0))


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
    allow_many()
    before = len(lab.dns.gate_queries())
    fetched = lab.web.late_fetches()
    sessions = [open_session() for _ in range(CROWD)]
    try:
        for s in sessions:
            s.sendall(rcpt(DOMAIN))
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


@story("1,000 tarpits of one sender hold up nobody else (T12, T16)",
       POSTFIX_ONLY, FAULTS)
def _(lab, relay):
    allow_many()
    other = open_session("somebody-else")
    other.sendall(rcpt("good.test"))
    same("warm before", read_frame(other)[:1], b"c")
    tarpits = [open_session("flooder") for _ in range(TARPITS)]
    try:
        for n, s in enumerate(tarpits):
            s.sendall(rcpt("d%d.tarpit.test" % n))
        for _ in range(100):  # warm answers come while the others wait
            other.sendall(rcpt("good.test"))
            same("warm", read_frame(other)[:1], b"c")
        # and so do cold ones
        other.sendall(rcpt("signed.test"))
        same("cold", read_frame(other)[:1], b"c")
        if unanswered(tarpits) == 0:
            raise Failure("the tarpits were over before: nothing was shown")
        answers = collect(tarpits)
    finally:
        for s in tarpits + [other]:
            s.close()
    same("answers", len(answers), TARPITS)
