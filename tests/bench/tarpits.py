# SPDX-License-Identifier: ISC
"""What others feel of one sender's recipients in a thousand domains whose
policy hosts take connections and never say a word (RELIABILITY 11)."""
import json
import os
import socket
import struct
import subprocess
import threading

import rig as r
from rig import Row

TARPITS = 1000
ADDRESS = "127.0.80.250"
PARENT = "tarpits.example"
HANDSHAKE_S = 3  # what a policy host is given for it
SECONDS = HANDSHAKE_S + 1  # that they are answered is part of it
CONF = """dns = {{ servers = ["127.0.0.1@{port}"]  trust_anchor_file = "" }}
allow_networks = ["127.0.0.0/8"]
"""
SOA = b"\0\0" + struct.pack("!5I", 1, 3600, 600, 86400, 60)
RECORD = b"v=STSv1; id=1;"
A, SOA_TYPE, MX, TXT = 1, 6, 15, 16


def name(text):
    return b"".join(bytes([len(label)]) + label.encode()
                    for label in text.split(".")) + b"\0"


def answer(query):
    """Of any domain: a record, an MX host, and where the policy host is."""
    end = query.index(b"\0", 12) + 1
    kind = struct.unpack("!H", query[end:end + 2])[0]
    label = query[13:13 + query[12]].lower()
    data = {(b"_mta-sts", TXT): bytes([len(RECORD)]) + RECORD,
            (b"mta-sts", A): socket.inet_aton(ADDRESS)}.get((label, kind))
    if kind == MX and label not in (b"_mta-sts", b"mta-sts"):
        data = struct.pack("!H", 10) + name("mx." + PARENT)
    where = b"\xc0\x0c" if data else name(PARENT)
    record = where + struct.pack("!HHIH", kind if data else SOA_TYPE, 1, 3600,
                                 len(data or SOA)) + (data or SOA)
    return (query[:2] + b"\x85\x80\0\1" +
            (b"\0\1\0\0" if data else b"\0\0\0\1") + b"\0\0" +
            query[12:end + 4] + record)


class World:
    """DNS for it, and the policy host of them all. Both stay off the server's
    core."""

    def __init__(self, rig):
        self.core = rig.client_core

    def __enter__(self):
        self.dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.dns.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.dns.bind(("127.0.0.1", 0))
        self.web = socket.create_server((ADDRESS, 443), backlog=4096)
        for work in (self._answer, self._take):
            threading.Thread(target=work, daemon=True).start()
        return CONF.format(port=self.dns.getsockname()[1])

    def __exit__(self, *_):
        self.web.close()
        self.dns.close()

    def _answer(self):
        os.sched_setaffinity(0, {self.core})
        try:
            while True:
                query, client = self.dns.recvfrom(4096)
                self.dns.sendto(answer(query), client)
        except OSError:
            pass  # closed

    def _take(self):
        os.sched_setaffinity(0, {self.core})
        taken = []
        try:
            while True:
                taken.append(self.web.accept()[0])
        except OSError:
            pass


def flood(rig, gate, first):
    """A recipient each, all at once."""
    return subprocess.Popen(
        [rig.program("milter_load"), "-p", str(rig.client_core), "-c",
         str(TARPITS), "-w", "0", "-d", "60", "-r", "1", "-f", PARENT, "-b",
         str(first), "-n", str(TARPITS), "-l", str(TARPITS),
         "unix:" + gate.socket], stdout=subprocess.PIPE, text=True)


def check_flood(got):
    if got["accepted"] != TARPITS or got["p50_us"] < HANDSHAKE_S * 0.9e6:
        raise r.BenchError("they were no tarpits: %s" % got)


def beside_tarpits(rig, repeats, domains=1000):
    """Ten sessions that think between recipients, so that what is measured is
    waiting, not a queue: alone, and from the moment the thousand come until
    they are answered."""
    during = Row("-", "warm p99 beside 1,000 tarpits, ms", 5, 1, False)
    ratio = Row("-", "  over p99 without them", None, None, False)
    if os.geteuid() != 0:
        print("tarpits: needs root, for port 443 (skipped)", flush=True)
        return []
    ask = ("-c", 10, "-w", 0, "-n", domains, "-t", 2)
    with World(rig) as conf, rig.gate(rig.store(domains), conf) as gate:
        rig.load(gate, "-c", 20, "-w", 0, "-n", domains, "-l", domains,
                 seconds=60)
        for i in range(repeats):
            alone = rig.load(gate, *ask, seconds=SECONDS)
            others = flood(rig, gate, i * TARPITS)
            beside = rig.load(gate, *ask, seconds=SECONDS)
            check_flood(json.loads(others.communicate()[0]))
            if alone["odd"] or beside["odd"] or beside["deferred"]:
                raise r.BenchError("others are refused: %s" % beside)
            during.add(beside["p99_us"] / 1e3, **{
                "%s_%s_ms" % (when, what): got[what + "_us"] / 1e3
                for when, got in (("alone", alone), ("beside", beside))
                for what in ("p50", "p99", "worst")})
            ratio.add(beside["p99_us"] / alone["p99_us"],
                      worst=beside["worst_us"] / alone["worst_us"])
    return [during, ratio]


GROUPS = {"tarpits": beside_tarpits}
