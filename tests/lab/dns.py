# SPDX-License-Identifier: ISC
"""Knot serves and signs the zones of world.py; two Unbounds validate, one for
the mail servers and one for stsgate."""
import os
import re
import time

import proc
import world

KNOT_CONF = """
server:
    rundir: {dir}/run
    listen: [ {addresses} ]
log:
  - target: stderr
    any: notice
database:
    storage: {dir}/db
policy:
  - id: lab
    algorithm: ecdsap256sha256
template:
  - id: default
    storage: {dir}/zones
    file: %s.zone
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
zone:
"""
UNBOUND_CONF = """
server:
    interface: {address}
    directory: "{dir}"
    chroot: ""
    username: ""
    pidfile: ""
    use-syslog: no
    log-queries: yes
    verbosity: 1
    val-log-level: 1
    do-ip6: no
    do-not-query-localhost: no
    local-zone: "test." nodefault
    domain-insecure: "example."
    trust-anchor-file: "{anchor}"
    module-config: "validator iterator"
    num-threads: 1
{local_data}
remote-control:
    control-enable: no
stub-zone:
    name: "test."
    stub-addr: {authority}
stub-zone:
    name: "example."
    stub-addr: {authority}
"""
HEAD = ("$ORIGIN {name}.\n$TTL 3600\n"
        "@ SOA ns.test. hostmaster.test. 1 3600 600 86400 3600\n"
        "@ NS ns.test.\n")
ROOT_HEAD = ("$ORIGIN .\n$TTL 3600\n"
             "@ SOA a.root-servers.net. hostmaster.test. 1 3600 600 86400 60\n")


def quoted(text):
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')


def zone_of(d, web_address):
    lines = [HEAD.format(name=d.name)]
    if d.from_root:
        lines = [lines[0].replace("NS ns.test.", "NS ns"),
                 "ns A " + world.ROOT[0]]
    for n, host in enumerate(d.mx):
        lines.append("@ MX %d %s." % (0 if host == "" else 10 * (n + 1), host))
        if host.endswith("." + d.name):
            lines += ["%s. A %s" % (host, a)
                      for a in (d.hosts or {}).get(host, [d.at])]
    if not d.mx:
        lines.append("@ A " + d.at)
    if d.name == "evil.test":
        lines.append("forged A " + d.at)
    lines += ["_mta-sts TXT " + quoted(t) for t in d.sts]
    if web_address:
        lines.append("mta-sts A " + web_address)
    return "\n".join(lines + [d.extra, ""])


class Dns:
    def __init__(self, top, log_dir, web_addresses, for_gate_only=""):
        self.dir = os.path.join(top, "dns")
        self.log_dir = log_dir
        self.anchor = os.path.join(self.dir, "anchor.key")
        self.root_anchor = os.path.join(self.dir, "root.key")
        for sub in ("run", "db", "zones"):
            os.makedirs(os.path.join(self.dir, sub))
        self.conf = os.path.join(self.dir, "knot.conf")
        self._configure(web_addresses)
        self.knot = proc.Daemon("knotd", ["knotd", "-c", self.conf],
                                self.log("knot"),
                                proc.answering_dns(world.AUTHORITY))
        self.for_mta = self._unbound("unbound-mta", world.MTA_RESOLVER)
        self.for_gate = self._unbound("unbound-gate", world.GATE_RESOLVER,
                                      for_gate_only)

    def log(self, name):
        return os.path.join(self.log_dir, name + ".log")

    def _configure(self, web_addresses):
        signed = [d.name for d in world.DOMAINS if d.signed] + ["test", ""]
        zones = [d.name for d in world.DOMAINS] + [
            "test", world.SENDER_ZONE, ""] + world.LOST_ZONES
        text = KNOT_CONF.format(dir=self.dir, addresses=", ".join(
            a + "@53" for a in (world.AUTHORITY, *world.ROOT)))
        for name in zones:
            text += "  - domain: %s.\n" % name
            if name == "":
                text += "    file: .zone\n"
            if name in signed:
                text += "    dnssec-signing: on\n    dnssec-policy: lab\n"
        proc.write(self.conf, text)
        for name in signed:
            for ksk, zsk in (("yes", "no"), ("no", "yes")):
                self.keymgr(name + ".", "generate", "ksk=" + ksk,
                            "zsk=" + zsk, "algorithm=ECDSAP256SHA256")
        for d in world.DOMAINS:
            self.zone(d.name, zone_of(d, web_addresses.get(d.name)))
        self.zone("test", self._parent())
        self.zone("", self._root())
        self.zone(world.SENDER_ZONE, HEAD.format(name=world.SENDER_ZONE) +
                  "* MX 10 mx.good.test.\n")
        proc.write(self.anchor, self.keymgr("test.", "dnskey"))
        proc.write(self.root_anchor, self.keymgr(".", "dnskey"))

    def keymgr(self, *args):
        return proc.tool("keymgr", "-c", self.conf, *args)

    def zone(self, name, text):
        proc.write("%s/zones/%s.zone" % (self.dir, name), text)

    def _parent(self):
        text = HEAD.format(name="test") + "ns A %s\n" % world.AUTHORITY
        text += "relay.lab A %s\nsmrelay.lab A %s\n" % (world.POSTFIX,
                                                        world.SENDMAIL)
        for d in world.DOMAINS:
            if d.from_root:
                continue
            text += "%s. NS ns.test.\n" % d.name
            if d.signed:
                ds = self.keymgr(d.name + ".", "ds")
                if d.bogus:  # one digit of each digest
                    ds = re.sub(r"(.)$", lambda m: "%x" %
                                (int(m.group(1), 16) ^ 1), ds, flags=re.M)
                text += ds
        return text

    def _root(self):
        """Delegates what is not below test. to itself, and one zone to
        loopback, where nobody shall ask (THREATS T11)."""
        text = ROOT_HEAD
        for n, address in enumerate(world.ROOT):
            name = "%s.root-servers.net." % chr(ord("a") + n)
            text += "@ NS %s\n%s A %s\n" % (name, name, address)
        for d in world.DOMAINS:
            if d.from_root:
                text += "%s. NS ns.%s.\nns.%s. A %s\n%s" % (
                    d.name, d.name, d.name, world.ROOT[0],
                    self.keymgr(d.name + ".", "ds"))
        return text + ("inner.recursion. NS ns.inner.recursion.\n"
                       "ns.inner.recursion. A %s\n" % world.SENTINEL)

    def _unbound(self, name, address, local_data=""):
        conf = proc.write("%s/%s.conf" % (self.dir, name), UNBOUND_CONF.format(
            address=address, dir=self.dir, anchor=self.anchor,
            local_data=local_data, authority=world.AUTHORITY))
        # -c with a missing file would start with defaults, silently
        assert os.path.isabs(conf) and os.path.exists(conf)
        return proc.Daemon(name, ["unbound", "-d", "-c", conf],
                           self.log(name), proc.answering_dns(address))

    def start(self):
        self.knot.start()
        self.for_mta.start(wait=False)
        self.for_gate.start()
        self.for_mta.wait_ready()

    def quiet(self, seconds=0.5):
        """Waits until stsgate has asked nothing for a while: what does not
        bear on an answer is still looked up behind it."""
        seen, since = -1, time.monotonic()

        def look():
            nonlocal seen, since
            now = len(self.gate_queries())
            if now != seen:
                seen, since = now, time.monotonic()
            return time.monotonic() - since > seconds
        proc.until(look, "stsgate to stop asking DNS")

    def gate_queries(self):
        """What stsgate asked so far: ["good.test. MX", ...]."""
        return re.findall(r"info: 127\S+ (\S+ \S+) IN",
                          proc.read(self.log("unbound-gate")))
