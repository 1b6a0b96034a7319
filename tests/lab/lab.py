# SPDX-License-Identifier: ISC
"""Bring-up and tear-down: everything that world.py describes, two relays, the
sink, and stsgate between them."""
import os
import shutil
import threading
import time

import certs
import dns
import downgrade
import gate
import maps
import mxhosts
import outages
import postfix
import proc
import sendmail
import smtp
import web

TOOLS = {"knotd": "knot", "keymgr": "knot", "unbound": "unbound",
         "nginx": "nginx", "postfix": "postfix", "m4": "m4",
         "openssl": "openssl"}


def missing():
    """Debian packages that are not there, by their commands."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return sorted({package for command, package in TOOLS.items()
                   if not shutil.which(command, path=path)})


class Lab:
    milter = "inet:8890@127.0.0.1"
    milter_for_postfix = "inet:127.0.0.1:8890"

    def __init__(self, top, binary, sendmail_root=None, probes=False):
        os.environ["PATH"] += ":/usr/sbin:/sbin"
        self.top, self.binary = top, os.path.abspath(binary)
        self.log_dir = os.path.join(top, "log")
        os.makedirs(self.log_dir)
        os.chmod(self.log_dir, 0o1777)
        self.serial = 0
        self.authority = certs.Authority(top)
        # before all that is made of world.DOMAINS, for it adds to them
        maps.add_domains(self.authority)
        downgrade.add_domains()
        outages.add_domains()
        self.mxhosts = mxhosts.Hosts(self) if probes else None
        self.web = web.Web(top, self.log_dir)
        self.web.more = [maps.policy_servers, downgrade.policy_servers]
        self.dns = dns.Dns(top, self.log_dir, self.web.addresses,
                           maps.FOR_GATE_ONLY)
        self.gate = gate.Gate(self, "gate", self.binary, self.milter,
                              ["inet:8461@127.0.0.1"])
        self.sink = postfix.Sink(self)
        self.postfix = postfix.Relay(self)
        self.relays = {"postfix": self.postfix}
        if sendmail_root:
            self.relays["sendmail"] = sendmail.Relay(self, sendmail_root)

    def start(self):
        """All at once; returns the seconds it took."""
        begin = time.monotonic()
        slow = [threading.Thread(target=self._try, args=(x.start,))
                for x in [self.sink, *self.relays.values()]]
        self.failure = None
        for thread in slow:
            thread.start()
        self.web.configure(self.authority)
        self.web.start()
        if self.mxhosts:
            self.mxhosts.start()
        self.dns.start()
        self.web.wait_ready()
        self.gate.start()
        for thread in slow:
            thread.join()
        if self.failure:
            raise self.failure
        return time.monotonic() - begin

    def _try(self, start):
        try:
            start()
        except Exception as e:  # to be raised by who waits for the thread
            self.failure = e

    def token(self):
        self.serial += 1
        return "lab-%04d-end" % self.serial

    def session(self, relay, **kw):
        return smtp.Session(self.relays[relay].address, **kw)

    def tails(self, lines=12):
        """The ends of all logs, for a failure."""
        out = []
        for name in sorted(os.listdir(self.log_dir)):
            text = proc.read(os.path.join(self.log_dir, name)).splitlines()
            if text and name != "unbound-mta.log":
                out.append("--- %s" % name)
                out += text[-lines:]
        return "\n".join(out)
