# SPDX-License-Identifier: ISC
"""The downgrade lab: an attacker on the path strips STARTTLS, forges
certificates, spoofs MX and TXT, blocks policy hosts, before and after mail was
accepted. What leaves, with stsgate and without? The sink's own Received fields
are the witness.

Each attack has a zone of its own, served honestly at first and then by the
attacker, and a door in front of its MX host, through which the attacker lets
whom he likes. Mail is accepted while the doors are shut (so that it waits in
the queue), or while the attack is on; the queues are flushed under attack, and
once more when it is over, when all of it must arrive, by TLS. (THREATS T25)
"""
import os
import re
import socket
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import certs
import proc
import smtp
import world
from badmx import copy, strip
from check import POSTFIX_ONLY, Failure, same
from sendmail import BINARY
from stories import story

STORIES = []
GOOD, EVIL, FORGED = "127.0.29.1", "127.0.29.2", "127.0.29.3"
BLOCKED = "127.0.29.99"  # nobody listens there
DOMAINS = 10             # d0 to d9 in each zone
# of each attack, accepted after and before it began: 1,008 in all, or so many
# times as many
TIMES = int(os.environ.get("DOWNGRADE_TIMES", "1"))
MESSAGES = {"postfix": 52 * TIMES, "sendmail": 20 * TIMES}
PLAIN = 5                # the same without stsgate, a relay and attack
SHORT_S = 5              # max_age of the policies that do not last
FLOOR_S = 11             # DNS answers are kept for ten seconds at least

# --- the attacks ---------------------------------------------------------------


class Attack:
    """door: what becomes of who connects to the MX host. The rest is what DNS
    says: of TXT, MX, and the policy host."""

    def __init__(self, name, door, txt=True, mx=True, web=True, lasts=True):
        self.zone = "path-%s.test" % name
        self.mx_host = "mx." + self.zone
        self.door_kind, self.txt, self.mx, self.web = door, txt, mx, web
        self.lasts = lasts  # the policy does; else only the pin
        self.door_address = None

    def domain(self, n):
        return "d%d.%s" % (n % DOMAINS, self.zone)

    def zone_text(self, serial, attacked):
        txt = self.txt or not attacked
        mx = self.mx or not attacked
        web = self.web or not attacked
        lines = ["$ORIGIN %s." % self.zone, "$TTL 1",
                 "@ SOA ns.test. hostmaster.test. %d 3600 600 86400 1" %
                 serial, "@ NS ns.test.", "mx A " + self.door_address]
        if txt:
            lines.append('* TXT "v=STSv1; id=%s;"' % (
                "1" if web else "2"))
        lines.append("* MX 10 %s." % (self.mx_host if mx else
                                      "mx.attacker.test"))
        lines.append("* A " + (world.WEB if web else BLOCKED))
        return "\n".join(lines + [""])


ATTACKS = [
    Attack("strip", "strip"),
    Attack("forge", "forge"),
    Attack("mx", "strip", mx=False),
    Attack("txt", "strip", txt=False),
    Attack("web", "forge", web=False),
    Attack("all", "strip", txt=False, mx=False, web=False),
    # nothing but the pin is left
    Attack("pin", "strip", txt=False, web=False, lasts=False),
    Attack("pinmx", "forge", txt=False, mx=False, web=False, lasts=False),
]


def add_domains():
    for n, attack in enumerate(ATTACKS):
        attack.door_address = "127.0.29.%d" % (10 + n)
        world.DOMAINS.append(world.Domain(
            attack.zone, mx=(), sts=(), web="",
            hosts={attack.mx_host: [attack.door_address]},
            extra="mx A " + attack.door_address))
    world.DOMAINS.append(world.Domain(
        "attacker.test", sts=(), web="", hosts={"mx.attacker.test": [EVIL]}))


def policy_servers(authority):
    where = os.path.join(authority.dir, "path-policies")
    for attack in ATTACKS:
        proc.write("%s/%s" % (where, attack.zone), world.policy(
            "enforce", attack.mx_host,
            max_age=86400 if attack.lasts else SHORT_S))
    cert = authority.leaf("path-policies", [
        "mta-sts." + a.domain(n) for a in ATTACKS for n in range(DOMAINS)])
    return """    server {
        listen %s:443 ssl;
        server_name ~^mta-sts\\.d[0-9]+\\.(?<zone>path-[a-z]+\\.test)$;
        ssl_certificate %s;
        ssl_certificate_key %s;
        location = /.well-known/mta-sts.txt {
            default_type text/plain;
            alias %s/$zone;
        }
    }
""" % (world.WEB, cert, cert, where)


def services(lab):
    """Of the sink: the true MX host; the attacker's, with a certificate that
    is right for its own name; and one with a forged certificate."""
    hosts = [a.mx_host for a in ATTACKS]
    other = certs.Authority(lab.top, "path-certs")
    leaves = {GOOD: ("good", lab.authority.leaf("path-good", hosts)),
              EVIL: ("evil", lab.authority.leaf("path-evil",
                                                ["mx.attacker.test"])),
              FORGED: ("forged", other.leaf("path-forged", hosts))}
    return "".join(
        "%s:25 inet n - n - - smtpd -o myhostname=%s.path"
        " -o smtpd_tls_received_header=yes -o smtpd_tls_chain_files=%s\n" %
        (address, name, cert) for address, (name, cert) in leaves.items())


# --- the attacker ----------------------------------------------------------------

class Door:
    def __init__(self, address):
        self.kind = "shut"
        self.listener = socket.create_server((address, 25), backlog=128)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            conn = self.listener.accept()[0]
            threading.Thread(target=self._serve, args=(conn, self.kind),
                             daemon=True).start()

    def _serve(self, conn, kind):
        if kind == "shut":
            conn.close()
            return
        try:
            far = socket.create_connection(
                (FORGED if kind == "forge" else GOOD, 25))
        except OSError:
            conn.close()
            return
        threading.Thread(target=copy, daemon=True,
                         args=(conn, far, bytes)).start()
        copy(far, conn, strip if kind == "strip" else bytes)
        far.close()
        conn.close()


class Path:
    """Between the relays and the world."""

    def __init__(self, lab):
        self.lab, self.serial = lab, 10
        self.doors = {a.zone: Door(a.door_address) for a in ATTACKS}
        self.dns(False)

    def dns(self, attacked):
        self.serial += 1
        for a in ATTACKS:
            self.lab.dns.zone(a.zone, a.zone_text(self.serial, attacked))
        proc.tool("knotc", "-c", self.lab.dns.conf, "zone-reload",
                  *(a.zone for a in ATTACKS))

    def open_doors(self, kind=None):
        for a in ATTACKS:
            self.doors[a.zone].kind = kind or a.door_kind

    def attack(self):
        self.dns(True)
        self.open_doors()

    def end(self):
        self.dns(False)
        self.open_doors("honest")


# --- mail ---------------------------------------------------------------------------

def address_of(attack, relay, phase, n):
    return "%s-%s-%d@%s" % (relay, phase, n, attack.domain(n))


def addresses(attacks, phase, count=None):
    """{relay: addresses}"""
    return {relay: [address_of(a, relay, phase, n) for a in attacks
                    for n in range(count or number)]
            for relay, number in MESSAGES.items()}


def send_all(relay, port, to):
    """One message each, several in a session. Returns those accepted."""
    accepted = []
    sender = world.sender("default")
    with smtp.Session(relay.address, port) as s:
        for address in to:
            s.mail(sender)
            reply = s.rcpt(address)
            if not reply.ok:
                s.must("RSET")
                continue
            done = s.data(smtp.compose(sender, address, "path " + address))
            if done.ok:
                accepted.append(address)
    return accepted


def send(lab, to):
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(send_all, lab.relays[relay], 25, to[relay][i::4])
                for relay in lab.relays for i in range(4)]
        return {a for job in jobs for a in job.result()}


def flush(lab):
    lab.postfix.command("postqueue", "-f")
    sendmail = lab.relays.get("sendmail")
    if not sendmail:
        return
    runs = [subprocess.Popen([*sendmail.daemon.argv[:2], "-q"],
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL) for _ in range(3)]
    for run in runs:
        run.wait(120 * TIMES)


TRIED = re.compile(r"to=<([^>]+)>.*(?:status=|stat=(?!queued))")


def sizes(lab):
    return {r.log: os.path.getsize(r.log) for r in lab.relays.values()}


def tried_since(marks):
    tried = set()
    for log, mark in marks.items():
        with open(log, "rb") as f:
            f.seek(mark)
            tried |= set(TRIED.findall(f.read().decode("utf-8", "replace")))
    return tried


def wait_tried(marks, accepted, timeout=60 * TIMES):
    def look():
        return accepted <= tried_since(marks)
    try:
        proc.until(look, "", timeout)
    except proc.LabError:
        left = accepted - tried_since(marks)
        raise Failure("%d of %d were not tried, such as %s" % (
            len(left), len(accepted), sorted(left)[:3])) from None


def arrivals(lab):
    """{address: how it came}: good (by TLS to the true MX host), clear, evil,
    forged."""
    how = {}
    for message in lab.sink.messages("path "):
        if message.get_content_type() == "multipart/report":
            continue
        last = " ".join(message.get_all("Received")[0].split())
        by = re.search(r" by (\w+)\.path ", last)
        kind = by.group(1) if by else "elsewhere"
        if kind == "good" and "(using TLS" not in last:
            kind = "clear"
        how[message["Delivered-To"]] = kind
    return how


def report(arrived, expected):
    return ", ".join("%s %d" % c for c in sorted(
        Counter(arrived.get(a, "waits") for a in expected).items()))


# --- the runs ------------------------------------------------------------------------

def check_nothing(lab, accepted, when):
    arrived = arrivals(lab)
    leaked = {a: arrived[a] for a in accepted if a in arrived}
    if leaked:
        raise Failure("%s: %d of %d were delivered (%s), such as %s" % (
            when, len(leaked), len(accepted), report(arrived, accepted),
            sorted(leaked.items())[:3]))


@story("downgrade: of {:,} messages none leaves in clear or to a forged MX"
       " (T25)".format(1008 * TIMES), POSTFIX_ONLY, STORIES)
def _(lab, _relay):
    lasting = [a for a in ATTACKS if a.lasts]
    lab.path = path = Path(lab)
    marks = sizes(lab)
    after = send(lab, addresses(ATTACKS, "after"))
    same("accepted, nobody attacks", len(after), sum(
        len(to) for r, to in addresses(ATTACKS, "after").items()
        if r in lab.relays))
    wait_tried(marks, after)  # the doors are shut
    check_nothing(lab, after, "shut")
    time.sleep(FLOOR_S)       # what DNS said is not believed for longer

    path.attack()
    marks = sizes(lab)
    before = send(lab, addresses(lasting, "before"))
    flush(lab)
    wait_tried(marks, after | before)
    check_nothing(lab, after | before, "under attack")

    path.end()
    time.sleep(FLOOR_S)
    check_nothing(lab, after | before, "in the end")
    wanted = after | before

    def all_there():
        return len([a for a in arrivals(lab) if a in wanted]) == len(wanted)
    for turn in range(6):  # who was put off once more has its next queue run
        flush(lab)
        try:
            proc.until(all_there, "", 10 * TIMES)
            break
        except proc.LabError:
            if turn == 5:
                raise Failure("when the attack was over: " + report(
                    arrivals(lab), wanted)) from None
    same("how they came", report(arrivals(lab), wanted),
         "good %d" % len(wanted))


@story("downgrade: the same without stsgate: the attack works",
       POSTFIX_ONLY, STORIES)
def _(lab, _relay):
    path = getattr(lab, "path", None) or Path(lab)
    path.attack()
    to = addresses(ATTACKS, "plain", PLAIN)
    send_all(lab.postfix, 2528, to["postfix"])
    sendmail = lab.relays.get("sendmail")
    for address in to["sendmail"] if sendmail else ():
        plain_sendmail(sendmail, address)
    expected = [a for r in lab.relays for a in to[r]]
    try:
        proc.until(lambda: set(expected) <= set(arrivals(lab)), "", 60)
    except proc.LabError:
        raise Failure("it came: " + report(arrivals(lab),
                                           expected)) from None
    kinds = Counter(arrivals(lab)[a] for a in expected)
    if set(kinds) != {"clear", "evil", "forged"}:
        raise Failure("it came %s" % dict(kinds))
    path.end()


def plain_sendmail(relay, address):
    """By Sendmail without FEATURE(sts) and without a milter, at once."""
    plain = relay.dir + "/plain.cf"
    if not os.path.exists(plain):
        text = proc.read(relay.dir + "/relay.mc")
        text = re.sub(r"^(FEATURE\(`sts'|INPUT_MAIL_FILTER).*\n", "", text,
                      flags=re.M)
        mc = proc.write(relay.dir + "/plain.mc", text)
        proc.write(plain, proc.tool("m4", mc))
    subprocess.run(
        [relay.daemon.argv[0], "-C" + plain, "-odi", "-i",
         "-f", world.sender("default"), address], text=True, check=True,
        input=smtp.compose(world.sender("default"), address,
                           "path " + address), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, timeout=60)
