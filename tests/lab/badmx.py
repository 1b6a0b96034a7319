#!/usr/bin/python3 -B
# SPDX-License-Identifier: ISC
"""MX hosts that misbehave: one address each, as a table in JSON says
(mxhosts.py). Each session is written down as one line of JSON when it ends:
what the client said in clear and in TLS. Usage: badmx.py TABLE

A kind is what is said at each step: octets, or what is done instead."""
import contextlib
import json
import socket
import ssl
import sys
import threading
import time
from dataclasses import dataclass

PATIENCE = 30  # longer than any probe's


class Over(Exception):
    """This side has had enough."""


# --- what can be done instead of an answer ----------------------------------

def hang(peer):
    peer.swallow()


def close(_peer):
    raise Over


def cut(peer):
    """Closes, so that TLS sees no end of session either."""
    peer.conn.shutdown(socket.SHUT_RDWR)
    raise Over


def drip(peer):
    """One octet at a time: no single read ever times out."""
    for octet in b"220 mx ESMTP " + b"x" * 1000:
        peer.say(bytes([octet]))
        time.sleep(0.2)


def endless(peer):
    for _ in range(100000):
        peer.say(b"250-x\r\n")


def long_line(peer):
    for _ in range(1000):
        peer.say(b"250-" + b"x" * 1024)


def two_segments(peer):
    peer.say(b"220 go ahead\r\n")
    time.sleep(0.05)
    peer.say(b"250-mx\r\n250 REQUIRETLS\r\n")


# --- what can be done instead of a handshake --------------------------------

def secure(peer):
    peer.secure()


def hello_then(octets):
    def answer(peer):
        peer.conn.recv(4096)  # ClientHello
        peer.say(octets)
        peer.swallow()
    return answer


def hello_then_cut(peer):
    peer.conn.recv(4096)
    cut(peer)


# --- how TLS is set up -------------------------------------------------------

def only_known_names(context, host):
    """Who says no name, or another, is turned away (V-10)."""
    def look(_conn, name, _context):
        return None if name == host \
            else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    context.sni_callback = look


def wants_client_certificate(context, _host):
    """With TLS 1.3 its alert comes after the client's handshake (M-18)."""
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = ssl.TLSVersion.TLSv1_3


def anonymous(context, _host):
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("aNULL:@SECLEVEL=0")


@dataclass(frozen=True)
class Kind:
    greeting: object = b"220 mx ESMTP\r\n"
    ehlo: object = b"250-mx\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 DSN\r\n"
    starttls: object = b"220 go ahead\r\n"
    handshake: object = secure
    tls: object = None
    ehlo_tls: object = b"250-mx\r\n250 DSN\r\n"


KINDS = {
    # bytes behind the 220 (M-15)
    "inject": Kind(starttls=b"220 go\r\n250-mx\r\n250 REQUIRETLS\r\n"),
    "inject-later": Kind(starttls=two_segments),
    "inject-fragment": Kind(starttls=b"220 go\r\n250-REQ"),
    "inject-hello": Kind(handshake=hello_then(b"250 REQUIRETLS\r\n")),
    # no to STARTTLS
    "starttls-454": Kind(starttls=b"454 4.7.0 TLS not available\r\n"),
    "starttls-501": Kind(starttls=b"501 5.5.4 syntax\r\n"),
    "starttls-250": Kind(starttls=b"250 fine\r\n"),
    "starttls-421": Kind(starttls=b"421 4.3.2 busy\r\n"),
    # it is not offered
    "mangled": Kind(ehlo=b"250-mx\r\n250-XXXXXXXA\r\n250 DSN\r\n"),
    "helo-only": Kind(ehlo=b"502 5.5.1 what?\r\n"),
    "first-line": Kind(ehlo=b"250 STARTTLS\r\n"),
    # no to us, or nothing that is SMTP
    "greet-421": Kind(greeting=b"421 4.3.2 busy\r\n"),
    "greet-450": Kind(greeting=b"450 4.3.2 later\r\n"),
    "greet-554": Kind(greeting=b"554 5.7.1 not you\r\n"),
    "greet-999": Kind(greeting=b"999 mx ESMTP\r\n"),
    "greet-nul": Kind(greeting=b"220 mx\0 ESMTP\r\n"),
    "ehlo-421": Kind(ehlo=b"421 4.3.2 busy\r\n"),
    "ehlo-mixed": Kind(ehlo=b"250-mx\r\n250-STARTTLS\r\n550 no\r\n"),
    "ehlo-endless": Kind(ehlo=endless),
    "ehlo-longline": Kind(ehlo=long_line),
    "early": Kind(greeting=b"220 mx ESMTP\r\n250-mx\r\n250 STARTTLS\r\n"),
    # silence
    "hang-greeting": Kind(greeting=hang),
    "hang-ehlo": Kind(ehlo=hang),
    "hang-starttls": Kind(starttls=hang),
    "hang-handshake": Kind(handshake=hang),
    "hang-tls": Kind(ehlo_tls=hang),
    "drip": Kind(greeting=drip),
    # the end of the connection
    "close-greeting": Kind(greeting=close),
    "close-ehlo": Kind(ehlo=close),
    "close-starttls": Kind(starttls=close),
    "close-220": Kind(handshake=close),
    "close-handshake": Kind(handshake=hello_then_cut),
    "close-tls": Kind(ehlo_tls=cut),
    # TLS that is none
    "garbage": Kind(handshake=hello_then(b"\x16garbage" * 64)),
    "alert": Kind(tls=wants_client_certificate),
    "anonymous": Kind(tls=anonymous),
    # odd, and right all the same
    "terse": Kind(greeting=b"220\r\n", ehlo=b"250-\r\n250 startTLS now\n",
                  ehlo_tls=b"250\r\n"),
    "sni": Kind(tls=only_known_names),
}


class Peer:
    def __init__(self, conn, client, row, context, kind):
        self.conn, self.context, self.kind = conn, context, kind
        self.record = {"kind": row["kind"], "host": row["host"],
                       "client": client, "clear": [],
                       "within": [], "tls": None, "served": False}

    def say(self, octets):
        self.conn.sendall(octets)

    def do(self, what):
        if callable(what):
            what(self)
        else:
            self.say(what)

    def swallow(self):
        while self.conn.recv(4096):
            pass
        raise Over

    def line(self):
        """Octet by octet: what follows STARTTLS is not for this."""
        line = b""
        while not line.endswith(b"\n"):
            octet = self.conn.recv(1)
            if not octet:
                raise Over
            line += octet
        line = line.decode("latin-1").rstrip("\r\n")
        inside = isinstance(self.conn, ssl.SSLSocket)
        self.record["within" if inside else "clear"].append(line)
        return line

    def secure(self):
        self.record["first"] = self.conn.recv(1, socket.MSG_PEEK).hex()
        self.conn = self.context.wrap_socket(self.conn, server_side=True)
        self.record["tls"] = self.conn.version()

    def answer(self, line):
        verb = line.split(" ")[0].upper()
        if verb == "EHLO" and self.record["tls"]:
            self.do(self.kind.ehlo_tls)
            self.record["served"] = True
        elif verb == "EHLO":
            self.do(self.kind.ehlo)
        elif verb == "STARTTLS" and not self.record["tls"]:
            self.do(self.kind.starttls)
            if callable(self.kind.starttls) or \
                    self.kind.starttls[:3] == b"220":
                self.kind.handshake(self)
        elif verb == "QUIT":
            self.say(b"221 2.0.0 bye\r\n")
            raise Over
        else:
            self.say(b"451 4.3.0 no mail is taken here\r\n")

    def talk(self):
        self.do(self.kind.greeting)
        while True:
            self.answer(self.line())


WRITING = threading.Lock()


def write_down(record):
    with WRITING:
        print(json.dumps(record), flush=True)


def serve_one(conn, client, row, context):
    conn.settimeout(PATIENCE)
    peer = Peer(conn, client, row, context, KINDS[row["kind"]])
    try:
        peer.talk()
    except (Over, OSError) as e:  # clients that give up on us are what this
        peer.record["end"] = str(e)  # server is for
    peer.conn.close()
    write_down(peer.record)


# --- the attacker in the middle ----------------------------------------------

def copy(source, sink, change):
    with contextlib.suppress(OSError):
        while True:
            octets = source.recv(4096)
            if not octets:
                break
            sink.sendall(change(octets))
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def strip(octets):
    return octets.replace(b"250-STARTTLS\r\n", b"")


def strip_one(conn, client, row, _context):
    """Takes STARTTLS out of what a good MX host says. That host sees the
    client's own address."""
    upstream = socket.create_connection(
        (row["upstream"], 25), source_address=(client, 0))
    threading.Thread(target=copy, daemon=True,
                     args=(conn, upstream, bytes)).start()
    copy(upstream, conn, strip)


def serve(row):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(row["cert"])
    one = strip_one if row["kind"] == "stripped" else serve_one
    if one is serve_one and KINDS[row["kind"]].tls:
        KINDS[row["kind"]].tls(context, row["host"])
    listener = socket.create_server((row["address"], 25), backlog=16)
    while True:
        conn, peer = listener.accept()
        threading.Thread(target=one, daemon=True,
                         args=(conn, peer[0], row, context)).start()


def main():
    with open(sys.argv[1]) as f:
        rows = json.load(f)
    for row in rows:
        threading.Thread(target=serve, args=(row,)).start()


if __name__ == "__main__":
    main()
