# SPDX-License-Identifier: ISC
"""RCPT as a client of a real, busy Postfix sees it, with and without stsgate.

Postfix listens on loopback, takes mail for anybody and throws it away; ten
clients send as fast as it answers.
"""
import os
import shutil
import socket
import statistics
import subprocess
import threading
import time

import rig as r
from rig import Row
from warm import warm_up

PORT = 2526
MAIN = """compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = relay.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
default_transport = discard
relay_transport = discard
alias_maps =
local_recipient_maps =
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
in_flow_delay = 0
maillog_file = {dir}/log
maillog_file_prefixes = /
smtpd_milters = {milters}
milter_default_action = tempfail
"""


def configure(rig, milters):
    top = os.path.join(rig.dir, "postfix")
    shutil.rmtree(top, ignore_errors=True)
    for d in ("conf", "queue", "data"):
        os.makedirs(os.path.join(top, d))
    shutil.chown(top + "/data", "postfix")
    for d in (rig.dir, top):
        os.chmod(d, 0o755)
    with open(top + "/conf/main.cf", "w") as f:
        f.write(MAIN.format(dir=top, milters=milters))
    source = next(p for p in ("/usr/share/postfix/master.cf.dist",
                              "/etc/postfix/master.cf.proto")
                  if os.path.exists(p))
    with open(source) as f:
        text = f.read()
    with open(top + "/conf/master.cf", "w") as f:
        for line in text.splitlines():
            fields = line.split()
            if len(fields) > 7 and line[0] not in "# \t":
                fields[4] = "n"  # no chroot
                if fields[0] == "smtp" and fields[1] == "inet":
                    fields[0] = "127.0.0.1:%d" % PORT
                line = " ".join(fields)
            f.write(line + "\n")
    return top + "/conf"


def control(conf, what):
    subprocess.run(["postfix", "-c", conf, what], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Client:
    def __init__(self, number):
        self.socket = socket.create_connection(("127.0.0.1", PORT), 20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        self.times, self.number, self.bad = [], number, 0
        self.expect()
        self.say(b"EHLO bench.example\r\n")

    def expect(self):
        while True:
            line = self.file.readline()
            if line[3:4] != b"-":
                return line

    def say(self, line):
        self.socket.sendall(line)
        return self.expect()

    def run(self, end, domains):
        n = self.number * 7919
        while time.monotonic() < end:
            self.say(b"MAIL FROM:<alice@sender.example>\r\n")
            for _ in range(5):
                n += 1
                line = b"RCPT TO:<bob@d%d.bench.example>\r\n" % (n % domains)
                start = time.perf_counter()
                answer = self.say(line)
                self.times.append(time.perf_counter() - start)
                self.bad += answer[:1] != b"2"
            self.say(b"RSET\r\n")


def measure(rig, domains, seconds):
    clients = [Client(i) for i in range(10)]
    end = time.monotonic() + seconds
    threads = [threading.Thread(target=c.run, args=(end, domains))
               for c in clients]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if sum(c.bad for c in clients):
        raise r.BenchError("Postfix refuses recipients")
    times = sorted(t for c in clients for t in c.times)
    return {"p50_ms": times[len(times) // 2] * 1e3,
            "p99_ms": times[len(times) * 99 // 100] * 1e3,
            "rcpts": len(times)}


def postfix(rig, repeats, domains=1000):
    if os.geteuid() != 0 or not os.path.exists("/usr/sbin/postfix"):
        print("postfix: needs root and a Postfix (skipped)", flush=True)
        return []
    rows = [Row("-", "RCPT at a busy Postfix, ms, %s" % what, None, None,
                False) for what in ("p50 without", "p50 with stsgate",
                                    "p99 without", "p99 with stsgate")]
    with rig.gate(rig.store(domains)) as gate:
        os.chmod(os.path.dirname(gate.socket), 0o755)
        os.chmod(gate.socket, 0o666)
        warm_up(rig, gate, domains)
        for _ in range(repeats):
            for i, milters in enumerate(("", "unix:" + gate.socket)):
                conf = configure(rig, milters)
                control(conf, "start")
                try:
                    measure(rig, domains, 1)
                    got = measure(rig, domains, rig.seconds)
                finally:
                    control(conf, "stop")
                rows[i].add(got["p50_ms"], rcpts=got["rcpts"])
                rows[2 + i].add(got["p99_ms"])
    return rows


GROUPS = {"postfix": postfix}
