# SPDX-License-Identifier: ISC
"""MX hosts with a switch: what they show, to the relays and to stsgate's
prober, is changed while the lab runs."""
import socket
import threading

import certs
import proc
import world

PROBER = "127.0.0.1"
HOSTS = {}
KINDS = ("tls", "untrusted", "clear")


def domain(name, address, **more):
    HOSTS["mx." + name] = address
    world.DOMAINS.append(world.Domain(
        name, hosts={"mx." + name: [address]}, **more))


domain("swap-sts.test", "127.0.28.1")
domain("swap-signed.test", "127.0.28.2", sts=(), web="", signed=True)
domain("swap-open.test", "127.0.28.3", sts=(), web="")
# Its policy is over in seconds: letgo.py
domain("swap-held.test", "127.0.28.4", policy=world.policy(
    "enforce", "mx.swap-held.test", max_age=5))
# Two domains with one MX host; the first publishes nothing. One whose MX host
# is elsewhere, and DNSSEC alone vouches for it.
world.DOMAINS += [
    world.without_sts("swap-beside.test", mx=("mx.swap-sts.test",)),
    world.without_sts("swap-elsewhere.test", mx=("mx.swap-signed.test",),
                      signed=True)]


class Switchboard:
    """At each address of HOSTS a door, and behind it three services of the
    sink: with TLS, with a certificate of a CA that nobody knows, and without
    TLS. What a door opens to is changed at once, for new connections."""

    def __init__(self, lab):
        other = certs.Authority(lab.top, "hooked-certs")
        self.open_to, self.open_to_prober = {}, {}
        for n, (host, address) in enumerate(HOSTS.items()):
            for kind, ca, level in (("tls", lab.authority, "may"),
                                    ("untrusted", other, "may"),
                                    ("clear", lab.authority, "none")):
                at = self.behind(host, kind)
                lab.sink.command(
                    "postconf", "-M", "%s:25/inet=%s:25 inet n - n - - smtpd "
                    "-o smtpd_tls_security_level=%s "
                    "-o smtpd_tls_chain_files=%s" % (
                        at, at, level, ca.leaf("hooked-" + host, [host])))
            self.set(host)
            door = socket.create_server((address, 25))
            threading.Thread(target=self._accept, args=(door, host),
                             daemon=True).start()
        lab.sink.command("postfix", "reload")
        for host in HOSTS:
            for kind in KINDS:
                proc.until(proc.listening(self.behind(host, kind), 25), host)

    @staticmethod
    def behind(host, kind):
        return HOSTS[host][:-1] + str(10 * int(HOSTS[host][-1]) +
                                      KINDS.index(kind))

    def set(self, host, kind="tls", for_prober=None):
        """What the relays find; for stsgate's prober the same, if it is not
        said."""
        self.open_to[host] = kind
        self.open_to_prober[host] = for_prober or kind

    def _accept(self, door, host):
        while True:
            near, (client, _) = door.accept()
            kind = (self.open_to_prober if client == PROBER
                    else self.open_to)[host]
            if kind == "shut":
                near.close()
                continue
            far = socket.create_connection((self.behind(host, kind), 25))
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=copy, args=(a, b),
                                 daemon=True).start()


def copy(source, to):
    try:
        while True:
            data = source.recv(65536)
            if not data:
                break
            to.sendall(data)
        to.shutdown(socket.SHUT_WR)
    except OSError:
        to.close()
