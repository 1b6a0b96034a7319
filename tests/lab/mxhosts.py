# SPDX-License-Identifier: ISC
"""The MX hosts of mxkinds.py: their domains, addresses, certificates and TLSA
records. Postfix (the sink) is those that it can be, badmx.py the others.

Each has an address of its own, and so have then the MX hosts of all other
domains: stsgate does not probe an address twice in a second.
"""
import json
import os
import re
import sys

import badmx
import certs
import mxkinds
import proc
import world
from check import POSTFIX_ONLY, Failure, same
from stories import story

PROBER = "127.0.0.1"      # whence stsgate connects; the relays bind theirs
HELO = "EHLO relay.lab.test"
SERVICE = ("%s:25 inet n - n - - smtpd -o smtpd_tls_chain_files=%s"
           " -o syslog_name=mx/%s %s\n")
# With these nothing stops a client from leaving as it should (M-10)
LEAVING = {"mangled", "helo-only", "first-line", "starttls-454",
           "starttls-501", "starttls-250", "greet-450", "greet-554"}
LAST = []


def policy_of(row, hosts):
    """None: enforce, with exactly these hosts."""
    if row.mode in ("testing", "none"):
        return world.policy(row.mode, *hosts)
    if row.mode == "dane+else":
        return world.policy("enforce", "mx.elsewhere.test")
    return None


class Hosts:
    def __init__(self, lab):
        self.authority = lab.authority
        self.other = certs.Authority(lab.top, "other-certs")
        self.dir = os.path.join(lab.top, "mx")
        self.log = os.path.join(lab.log_dir, "badmx.log")
        self.services, self.rows, self.used = [], [], 0
        self.tried = set()  # domains that mail was tried for
        for n, d in enumerate(x for x in world.DOMAINS if x.at == world.MX):
            d.at = "127.0.27.%d" % (n + 1)
        for row in {r.domain: r for r in mxkinds.ROWS}.values():
            self._add(row)
        table = proc.write(self.dir + "/bad.json", json.dumps(self.rows))
        here = os.path.dirname(os.path.abspath(__file__))
        self.daemon = proc.Daemon(
            "badmx", [sys.executable, "-B", here + "/badmx.py", table],
            self.log, proc.listening(self.rows[-1]["address"], 25))

    def start(self):
        self.daemon.start()

    def postfix_services(self):
        return "".join(self.services)

    # --- domains ------------------------------------------------------------

    def _add(self, row):
        apart = row.mode == "hostdane+sts"
        zone = row.domain.replace(".test", "-host.test") if apart \
            else row.domain
        hosts, records = {}, []
        for n, kinds in enumerate(row.kinds):
            name = "mx%s.%s" % (n + 1 if len(row.kinds) > 1 else "", zone)
            hosts[name] = [self._serve(k, name, row) for k in kinds]
            lines = self._zone(kinds[0], name, zone, hosts[name])
            if lines:
                records.append(lines)
                hosts[name] = []
            elif "dane" in row.mode:
                records += ["_25._tcp.%s. TLSA %s" % (name, t)
                            for t in self._tlsa(kinds[0])]
        extra = "\n".join(records)
        published = row.mode not in ("unpublished", "signed", "dane")
        world.DOMAINS.append(world.Domain(
            row.domain, mx=tuple(hosts), hosts=hosts,
            sts=(world.STS,) if published else (),
            web="good" if published else "", policy=policy_of(row, hosts),
            signed=row.mode == "signed" or "dane" in row.mode and not apart,
            extra="" if apart else extra))
        if apart:
            extra += "".join("\n%s. A %s" % (h, a[0])
                             for h, a in hosts.items())
            world.DOMAINS.append(world.without_sts(
                zone, mx=(), hosts=hosts, signed=True, extra=extra))

    def _zone(self, kind, name, zone, addresses):
        what = mxkinds.KINDS.get(kind)
        if what is None or not what.zone:
            return ""
        return what.zone.format(
            host=name, domain=zone, address=addresses[0],
            tlsa=self._tlsa(kind)[0], wrong="00" * 32)

    def _tlsa(self, kind):
        """TLSA records' data for what a host of this kind shows."""
        what = mxkinds.KINDS.get(kind, mxkinds.Kind())
        ca = self.other if what.other else self.authority
        text = what.tlsa.format(key=ca.key_digest(), ca=ca.ca_digest(),
                                key512=ca.key_digest("sha512"))
        text = re.sub(r"~(\w+)(\w)", lambda m: "%s%x" % (
            m.group(1), int(m.group(2), 16) ^ 1), text)
        return [record.strip() for record in text.split("/")]

    # --- servers ------------------------------------------------------------

    def _address(self):
        self.used += 1
        return "127.0.26.%d" % self.used

    def _serve(self, kind, host, row):
        """The address at which there is now such a server."""
        address = self._address()
        if kind == "refused":
            return address
        cert = self._certificate(kind, host, row.domain, address)
        if kind in mxkinds.KINDS:
            self.services.append(SERVICE % (
                address, cert, row.domain, mxkinds.KINDS[kind].options))
            return address
        assert kind == "stripped" or kind in badmx.KINDS, kind
        upstream = self._serve("good", host, row) if kind == "stripped" \
            else ""
        self.rows.append({"address": address, "kind": kind, "host": host,
                          "cert": cert, "upstream": upstream})
        return address

    def _certificate(self, kind, host, domain, address):
        what = mxkinds.KINDS.get(kind, mxkinds.Kind())
        fill = {"host": host, "domain": domain}
        how = {k: v.format(**fill) if isinstance(v, str) else v
               for k, v in what.leaf.items()}
        ca = self.other if what.other else self.authority
        return ca.leaf("mx-" + address, what.names.format(**fill).split(),
                       **how)

    # --- what was said to them ----------------------------------------------

    def at_badmx(self):
        """The prober's sessions with badmx.py, as it wrote them down."""
        found = [json.loads(line) for line in proc.read(self.log).splitlines()
                 if line.startswith("{")]
        return [s for s in found if s["client"] == PROBER]

    def tried_at_badmx(self):
        """The hosts of badmx.py that must have been probed."""
        rows = [r for r in mxkinds.ROWS if r.domain in self.tried
                and ("sts" in r.mode or r.mode in ("enforce", "dane"))]
        return {h["host"] for h in self.rows for r in rows
                if h["host"].endswith("." + r.domain)
                and h["kind"] != "stripped"}

    def unasked(self):
        """Domains that nothing is asked of, by policy or by a rule."""
        asked = {r.domain for r in mxkinds.ROWS
                 if r.mode != "unpublished" or r.group == "careful"}
        return {r.domain for r in mxkinds.ROWS} - asked


def at_postfix(lab):
    """The prober's sessions with the sink: [(host, {command: count})]; a
    count is "1", or "0/1" for one refused. None: some are still open."""
    pattern = (r"mx/(\S+)/smtpd\[\d+\]: (connect|disconnect) from "
               r"\S+\[%s\](.*)" % re.escape(PROBER))
    found = re.findall(pattern, proc.read(lab.sink.log))
    ended = [(host, dict(w.split("=") for w in rest.split()))
             for host, what, rest in found if what == "disconnect"]
    return ended if 2 * len(ended) == len(found) else None


def wait_postfix(lab):
    proc.until(lambda: at_postfix(lab) is not None, "the last QUIT")
    return at_postfix(lab) or []


def check_manners(s):
    """THREATS T19; STANDARDS M-06, M-10, M-12, D-59."""
    fit = {HELO, "STARTTLS", "QUIT"}
    if not set(s["clear"]) <= fit or not set(s["within"]) <= fit - {
            "STARTTLS"}:
        raise Failure("said to %(host)s: %(clear)s, in TLS %(within)s" % s)
    if s.get("first", "16") not in ("", "16"):
        raise Failure("%(host)s: not a handshake but 0x%(first)s" % s)
    if s["served"] and s["within"][-1:] != ["QUIT"]:
        raise Failure("%(host)s: no QUIT in TLS, only %(within)s" % s)
    if s["kind"] in LEAVING and s["clear"][-1:] != ["QUIT"]:
        raise Failure("%(host)s: no QUIT, only %(clear)s" % s)


@story("MX: no MAIL or RCPT was said to any, but QUIT (T19, M-10)",
       POSTFIX_ONLY, LAST)
def _(lab, _relay):
    want = lab.mxhosts.tried_at_badmx()
    proc.until(lambda: want <= {s["host"] for s in lab.mxhosts.at_badmx()},
               "a probe of each MX host")
    for s in lab.mxhosts.at_badmx():
        check_manners(s)
    for host, said in wait_postfix(lab):
        if set(said) - {"ehlo", "starttls", "quit", "commands"}:
            raise Failure("said to the MX host of %s: %s" % (host, said))
        if said.get("starttls") == "1":
            same("QUIT to the MX host of " + host, said.get("quit"), "1")


@story("MX: nobody connected where nothing is asked (T19)", POSTFIX_ONLY,
       LAST)
def _(lab, _relay):
    seen = {host for host, _ in wait_postfix(lab)} | {
        s["host"].partition(".")[2] for s in lab.mxhosts.at_badmx()}
    unasked = lab.mxhosts.unasked()
    same("domains that had no need of a probe", seen & unasked, set())
    if lab.mxhosts.tried - unasked and not seen:
        raise Failure("no probe at all was seen")
