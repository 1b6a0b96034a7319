# SPDX-License-Identifier: ISC
"""The examples of conf/postfix and conf/sendmail as they stand: relays of
their own, made of these files and Debian's (chroot included), each with a
stsgate that listens where the examples say. MX hosts that lose TLS, or show
another certificate, after the recipient was accepted: what leaves then?"""
import json
import os
import re

import postfix
import proc
import sendmail
import smtp
import world
from check import BOTH, Failure, same, stsgate_headers
from gate import Gate
from stories import story, stsgate
from switchboard import Switchboard

STORIES = []
HERE = os.path.dirname(os.path.abspath(__file__))
CONF = os.path.join(os.path.dirname(os.path.dirname(HERE)), "conf")
POSTFIX, SENDMAIL = "127.0.0.4", "127.0.0.5"

GATE = """
milter_socket = "{milter}"
socket_group = "postfix"
tlsmap_listen = [{maps}]
control_socket = "{dir}/control.sock"
metrics_listen = ""
state_dir = "{dir}/state"
user = ""
own_hosts = ["relay.lab.test", "smrelay.lab.test"]
allow_networks = ["127.0.0.0/8"]
log_target = "stderr"
dns = {{ servers = ["{resolver}@53"]  trust_anchor_file = "{anchor}" }}
https = {{ ca_file = "{ca}" }}
probe = {{ enable = true  ca_file = "{ca}"  helo = "relay.lab.test" }}
groups = (
    {{ name = "finance"  sender = ["@finance.example"]  require = "secure"
      route_tag = true }},
    {{ name = "clerks"   sender = ["@clerks.example"]  require = "encrypt"
      route_tag = true }},
    {{ name = "untagged" sender = ["@untagged.example"]  require = "secure" }},
    {{ name = "held"     sender = ["@held.example"]  on_fail = "hold" }},
    {{ name = "default" }}
)
"""


def example(name, *changes):
    """A file of conf/, with the lab's paths in place of the machine's."""
    text = proc.read(os.path.join(CONF, name))
    for what, by in changes:
        assert what in text, "%s has no %s" % (name, what)
        text = text.replace(what, by)
    return text


class OwnGate(Gate):
    def __init__(self, lab, name, milter, maps):
        super().__init__(lab, name, lab.binary, milter)
        self.text = GATE.format(
            milter=milter, dir=self.dir, ca=lab.authority.ca,
            maps=", ".join('"%s"' % m for m in maps), anchor=lab.dns.anchor,
            resolver=world.GATE_RESOLVER)
        proc.write(self.conf, self.text)


# --- Postfix, chrooted as Debian does it --------------------------------------

CHROOT_FILES = ("resolv.conf", "hosts", "services", "nsswitch.conf",
                "host.conf")
IN_FRAGMENT = re.compile(r"^(\w+) =", re.M)


class Relay(postfix.Postfix):
    name_in_rows, address = "postfix", POSTFIX

    def __init__(self, lab):
        etc = lab.top + "/hooked-etc"
        super().__init__(lab, "hooked", etc, "", "")
        names = ("milter_header_checks", "stsgate_smtp_header_checks")
        for name in names:
            proc.write(etc + "/" + name, example("postfix/" + name))
        fragment = example(
            "postfix/main.cf", ("/etc/postfix/", etc + "/"),
            ("/etc/ssl/certs/ca-certificates.crt", lab.authority.ca))
        ours = set(IN_FRAGMENT.findall(fragment))
        rest = [line for line in proc.read(etc + "/main.cf").splitlines()
                if line.split(" =")[0] not in ours]
        proc.write(etc + "/main.cf", "\n".join(rest) + """
myhostname = relay.lab.test
mydestination = $myhostname
local_transport = discard:
smtp_bind_address = %s
minimal_backoff_time = 1s
queue_run_delay = 1s
""" % POSTFIX + fragment)
        stock = proc.read("/usr/share/postfix/master.cf.dist")
        stock = re.sub(r"^smtp( +inet)", POSTFIX + r":25\1", stock,
                       flags=re.M)
        proc.write(etc + "/master.cf", stock + example(
            "postfix/master.cf", ("/etc/postfix/", etc + "/")))
        self.chroot = self.dir + "/queue"
        for name in CHROOT_FILES:
            if os.path.exists("/etc/" + name):
                proc.write(self.chroot + "/etc/" + name,
                           proc.read("/etc/" + name))
        self.gate = OwnGate(
            lab, "gate-hooked", "unix:%s/stsgate/milter.sock" % self.chroot,
            ["unix:%s/stsgate/tlsmap.sock" % self.chroot])

    def start(self):
        self.gate.start()
        super().start()
        proc.until(proc.listening(POSTFIX, 25), "Postfix")

    qid = staticmethod(postfix.Relay.qid)
    is_held = postfix.Relay.is_held

    def restart_clients(self):
        """An smtp(8) keeps the map's answers for a while (100 s)."""
        self.command("postfix", "reload")

    without_map = "dsn=4.7.5.*client TLS configuration problem"

    def wait_logged(self, qid, pattern):
        proc.until(lambda: re.search(r" %s: .*%s" % (qid, pattern),
                                     proc.read(self.log)),
                   "%s: %s" % (qid, pattern), 30)

    def wait_deferred(self, qid):
        self.wait_logged(qid, "to=.*status=deferred")

    def flush(self):
        self.command("postqueue", "-f")


# --- Sendmail ------------------------------------------------------------------

GROUPS = "finance.example\tsecure\nclerks.example\tencrypt\n"
BEFORE_MAILER = re.compile(r"^(INPUT_MAIL_FILTER|FEATURE\(`sts|"
                           r"define\(`confCACERT)")


class SmRelay:
    name_in_rows, address = "sendmail", SENDMAIL

    def __init__(self, lab):
        root = lab.relays["sendmail"].root
        self.dir = os.path.join(lab.top, "hooked-sendmail")
        self.log = lab.relays["sendmail"].log  # all Sendmails log to /dev/log
        os.makedirs(self.dir + "/queue", mode=0o700)
        for name, text in (("service.switch", "hosts files dns\n"),
                           ("statistics", ""), ("stsgroups.txt", GROUPS)):
            proc.write(self.dir + "/" + name, text, 0o600)
        lines = sendmail.MC.format(
            root=root, dir=self.dir, ca=lab.authority.ca, address=SENDMAIL,
            milter="").splitlines()
        mc = [line for line in lines if "mailertable" not in line and
              not BEFORE_MAILER.match(line)]
        mc.insert(mc.index("MAILER(`smtp')dnl"), example(
            "sendmail/stsgate.m4",
            ("/etc/ssl/certs/ca-certificates.crt", lab.authority.ca),
            ("/etc/ssl/certs'", self.dir + "'"),
            ("inet:8890@", "inet:8891@")))
        mc.append(example("sendmail/stsgate-delivery.m4", (
            "/etc/mail/stsgroups", self.dir + "/stsgroups")))
        source = proc.write(self.dir + "/relay.mc", "\n".join(mc) + "\n")
        self.cf = proc.write(self.dir + "/relay.cf", proc.tool("m4", source))
        with open(self.dir + "/stsgroups.txt") as stdin:
            proc.tool(root + "/usr/sbin/makemap", "-C", self.cf, "hash",
                      self.dir + "/stsgroups", stdin=stdin)
        self.binary = os.path.join(root, sendmail.BINARY)
        self.daemon = proc.Daemon(
            "sendmail-hooked", [self.binary, "-C" + self.cf, "-bD", "-q30m"],
            self.log, proc.listening(SENDMAIL, 25))
        self.gate = OwnGate(lab, "gate-hooked-sm", "inet:8891@127.0.0.1",
                            ["inet:5461@127.0.0.1"])

    qid = staticmethod(sendmail.Relay.qid)
    is_held = sendmail.Relay.is_held

    def start(self):
        self.gate.start()
        self.daemon.start()

    without_map = "Deferred: 450 4.7.0"
    wait_logged = Relay.wait_logged

    def restart_clients(self):
        pass

    def wait_deferred(self, qid):
        self.wait_logged(qid, "to=.*stat=(Deferred|[0-9])")

    def flush(self):
        proc.tool(self.binary, "-C" + self.cf, "-q")


# --- all of it --------------------------------------------------------------

class Hooked:
    """Brought up by the first story that needs it; the cell ends it."""

    def __init__(self, lab):
        self.mx = Switchboard(lab)
        self.relays = {"postfix": Relay(lab)}
        if "sendmail" in lab.relays:
            self.relays["sendmail"] = SmRelay(lab)
        for relay in self.relays.values():
            relay.start()


def hooked(lab):
    """Tried once: what failed the first story fails all."""
    if not hasattr(lab, "hooked"):
        try:
            lab.hooked = Hooked(lab)
        except proc.LabError as e:
            lab.hooked = e
    if isinstance(lab.hooked, Exception):
        raise lab.hooked
    return lab.hooked


# --- stories ------------------------------------------------------------------------

def send(lab, relay, group, recipients, meanwhile=lambda: None):
    """RCPTs are accepted, then something happens, then the message comes.
    Returns its token and queue ID."""
    mta, token = hooked(lab).relays[relay], lab.token()
    sender = world.sender(group)
    with smtp.Session(mta.address) as s:
        s.mail(sender)
        for address in recipients:
            reply = s.rcpt(address)
            if reply.code != "250":
                raise Failure("%s: %s" % (address, reply))
        meanwhile()
        done = s.data(smtp.compose(sender, recipients[0], token))
    if not done.ok:
        raise Failure("end of data: %s" % done)
    return token, mta.qid(done)


def mailfile(lab, sender, token):
    path = proc.write(lab.top + "/message", smtp.compose(
        sender, "bob@swap-open.test", token))
    return open(path)


def encrypted(message):
    """As the sink itself saw it."""
    return " with ESMTPS " in " ".join(message.get_all("Received")[0].split())


def released(lab, relay, token, count=1):
    """What arrives when the queue is run. A message that is just being tried
    is passed over: again, then."""
    mta = hooked(lab).relays[relay]

    def look():
        found = lab.sink.messages(token)
        if len(found) < count:
            mta.flush()
        return len(found) >= count and found
    return proc.until(look, "%d message(s) with %s at the sink" %
                      (count, token), 30)


ACCEPTED = [("finance", "bob@swap-signed.test"),
            ("clerks", "bob@swap-open.test"),
            ("default", "bob@swap-sts.test")]


def lost_tls(lab, relay, group, recipient):
    """Accepted with TLS there, which then goes: it waits; and leaves in TLS
    when that is back."""
    mta, mx = hooked(lab).relays[relay], hooked(lab).mx
    host = "mx." + recipient.partition("@")[2]
    try:
        token, qid = send(lab, relay, group, [recipient],
                          lambda: mx.set(host, "clear"))
        mta.wait_deferred(qid)
        same("messages at the sink", len(lab.sink.messages(token)), 0)
    finally:
        mx.set(host)
    same("delivered in TLS", [encrypted(m) for m in
                              released(lab, relay, token)], [True])


for case in ACCEPTED:
    @story("hookup: MX loses TLS behind RCPT: %s to %s waits (T25)" % case,
           BOTH, STORIES)
    def _(lab, relay, case=case):
        lost_tls(lab, relay, *case)


@story("hookup: without a route a group's level ends at RCPT (README)", BOTH,
       STORIES)
def _(lab, relay):
    """The attack that the others are about does work."""
    mx = hooked(lab).mx
    try:
        token, _ = send(lab, relay, "untagged", ["bob@swap-signed.test"],
                        lambda: mx.set("mx.swap-signed.test", "clear"))
        arrived = lab.sink.wait(token, 1)
    finally:
        mx.set("mx.swap-signed.test")
    same("delivered in TLS", [encrypted(m) for m in arrived], [False])


def changed_certificate(lab, relay, group, recipient):
    """Of a CA that nobody knows: as lost TLS where it must be verified."""
    mta, mx = hooked(lab).relays[relay], hooked(lab).mx
    host = "mx." + recipient.partition("@")[2]
    try:
        token, qid = send(lab, relay, group, [recipient],
                          lambda: mx.set(host, "untrusted"))
        if group == "clerks":
            return [encrypted(m) for m in lab.sink.wait(token, 1)]
        mta.wait_deferred(qid)
        same("messages at the sink", len(lab.sink.messages(token)), 0)
    finally:
        mx.set(host)
    return [encrypted(m) for m in released(lab, relay, token)]


for case in ACCEPTED:
    @story("hookup: MX changes its certificate behind RCPT: %s to %s (T25)" %
           case, BOTH, STORIES)
    def _(lab, relay, case=case):
        same("delivered in TLS", changed_certificate(lab, relay, *case),
             [True])


@story("hookup: a route takes all recipients, each by its own policy, and the "
       "header away", ("postfix",), STORIES)
def _(lab, relay):
    mta = hooked(lab).relays[relay]
    token, qid = send(lab, relay, "finance", [
        "bob@swap-sts.test", "bob@swap-signed.test"])
    arrived = lab.sink.wait(token, 2)
    same("delivered in TLS", [encrypted(m) for m in arrived], [True, True])
    same("X-Stsgate", [stsgate_headers(m) for m in arrived], [[], []])
    by = proc.until(lambda: (lambda found: len(found) > 1 and found)(
        re.findall(r"postfix/(\S+)/smtp\[\d+\]: %s: to=" % qid,
                   proc.read(mta.log))), "two deliveries in Postfix's log")
    same("transports", by, ["smtp-secure"] * 2)


@story("hookup: the map's name says the least level (postfix+secure)",
       ("postfix",), STORIES)
def _(lab, relay):
    where = "socketmap:unix:%s/stsgate/tlsmap.sock:postfix" % \
        hooked(lab).relays[relay].chroot
    for name, domain, want in (
            ("", "swap-open.test", None),
            ("+encrypt", "swap-open.test", "encrypt"),
            ("+verify", "swap-open.test",
             "verify match=hostname servername=hostname"),
            ("+secure", "swap-open.test",
             "secure match=no-mx-host-is-vouched-for.invalid "
             "servername=hostname"),
            ("", "swap-elsewhere.test", None),
            ("+secure", "swap-elsewhere.test",
             "secure match=mx.swap-signed.test servername=hostname"),
            ("+encrypt", "swap-sts.test",
             "secure match=mx.swap-sts.test servername=hostname"),
            ("+dane", "swap-signed.test", "dane-only")):
        try:
            got = lab.sink.command("postmap", "-q", domain,
                                   where + name).strip()
        except proc.LabError:
            got = None
        same("postfix%s %s" % (name, domain), got, want)


@story("hookup: a route to a MX host elsewhere that DNSSEC vouches for",
       ("postfix",), STORIES)
def _(lab, relay):
    """Postfix by itself would want a name below the recipient's domain."""
    token, _ = send(lab, relay, "finance", ["bob@swap-elsewhere.test"])
    same("delivered in TLS", [encrypted(m) for m in lab.sink.wait(token, 1)],
         [True])


@story("hookup: nothing asked, nothing marked", BOTH, STORIES)
def _(lab, relay):
    for group, to in (("default", "bob@swap-open.test"),
                      ("finance", "bob@swap-sts.test")):
        token, _ = send(lab, relay, group, [to])
        same("X-Stsgate", stsgate_headers(lab.sink.wait(token, 1)[0]), [])


@story("hookup: two domains, one MX host: each recipient is verified",
       BOTH, STORIES)
def _(lab, relay):
    """The first recipient's domain publishes nothing; the connection that is
    made for it must not carry the second's mail unverified."""
    mta, mx = hooked(lab).relays[relay], hooked(lab).mx
    host = "mx.swap-sts.test"
    try:
        token, qid = send(lab, relay, "default", [
            "bob@swap-beside.test", "bob@swap-sts.test"],
            lambda: mx.set(host, "untrusted"))
        mta.wait_deferred(qid)
        same("arrived", [m["Delivered-To"] for m in lab.sink.wait(token, 1)],
             ["bob@swap-beside.test"])
    finally:
        mx.set(host)
    released(lab, relay, token, 2)


# --- outages (conf/OUTAGES) ------------------------------------------------------------

def refusal(mta):
    """What a sender is told at MAIL."""
    with smtp.Session(mta.address) as s:
        return str(s.say("MAIL FROM:<%s>" % world.sender("default")))[:9]


@story("outage: stsgate is down: new mail waits at its sender, queued mail in "
       "the queue (T26)", BOTH, STORIES)
def _(lab, relay):
    mta, mx = hooked(lab).relays[relay], hooked(lab).mx
    token, qid = send(lab, relay, "default", ["bob@swap-open.test"],
                      lambda: mx.set("mx.swap-open.test", "shut"))
    mta.wait_deferred(qid)
    mta.gate.stop()
    mx.set("mx.swap-open.test")
    try:
        same("refused with", refusal(mta),
             "451 4.7.1" if relay == "postfix" else "451 4.3.2")
        mta.restart_clients()
        mta.flush()
        mta.wait_logged(qid, mta.without_map)
        same("messages at the sink", len(lab.sink.messages(token)), 0)
    finally:
        mta.gate.start()
    released(lab, relay, token)


@story("outage: stsgate is down: local mail stays in maildrop (T26)",
       ("postfix",), STORIES)
def _(lab, relay):
    mta, token = hooked(lab).relays[relay], lab.token()
    sender, drop = world.sender("default"), mta.chroot + "/maildrop"
    mta.gate.stop()
    try:
        proc.tool("/usr/sbin/sendmail", "-C", mta.etc, "-i",
                  "-f", sender, "bob@swap-open.test",
                  stdin=mailfile(lab, sender, token))
        proc.until(lambda: re.search(r"/cleanup\[\d+\]: \w+: milter-reject",
                                     proc.read(mta.log)),
                   "pickup(8) to be refused")
        same("messages in maildrop", len(os.listdir(drop)), 1)
        same("messages at the sink", len(lab.sink.messages(token)), 0)
    finally:
        mta.gate.start()

    def look():
        try:
            mta.command("postkick", "public", "pickup", "W")
        except proc.LabError:
            pass  # SIGPIPE, when pickup(8) has just been woken
        return lab.sink.messages(token)
    proc.until(look, "it to leave", 30)
    same("maildrop", os.listdir(drop), [])


# --- check-config --mta ----------------------------------------------------------------

def checked(lab, mta, config, path):
    """What check-config says of an MTA: exit status, {option: severity}."""
    got, out, err = stsgate(lab, "check-config", "--json", "-c", config,
                            "--mta", mta, "--mta-config", path)
    if got not in (0, 1):
        raise Failure("exit %d: %s%s" % (got, out, err))
    findings = json.loads(out)["findings"]
    return got, {f["option"]: f["severity"] for f in findings
                 if f["severity"] != "note"}


def config_path(relay):
    return relay.etc if relay.name_in_rows == "postfix" else relay.cf


@story("hookup: check-config finds nothing to mend in the examples", BOTH,
       STORIES)
def _(lab, relay):
    mta = hooked(lab).relays[relay]
    same("found", checked(lab, relay, mta.gate.conf, config_path(mta)),
         (0, {}))


@story("hookup: check-config says what a plain MTA lacks", BOTH, STORIES)
def _(lab, relay):
    mta = hooked(lab).relays[relay]
    if relay == "postfix":  # the sink is one
        path, want = lab.sink.etc, {
            "main.cf: smtpd_milters": "error",
            "main.cf: non_smtpd_milters": "warning",
            "main.cf: smtp_tls_policy_maps": "error"}
    else:
        plain = re.sub(r"^(Xstsgate|Ksts |O CACert).*", "#", proc.read(mta.cf),
                       flags=re.M)
        path, want = proc.write(mta.dir + "/plain.cf", plain), {
            "sendmail.mc: INPUT_MAIL_FILTER": "error",
            "sendmail.mc: FEATURE(`sts')": "error",
            "sendmail.cf: O CACertFile": "error"}
    status, found = checked(lab, relay, mta.gate.conf, path)
    same("exit status", status, 1)
    same("found", {k: found.get(k) for k in want}, want)


@story("hookup: check-config tries the header checks and the sockets",
       ("postfix",), STORIES)
def _(lab, relay):
    mta = hooked(lab).relays[relay]
    table = mta.etc + "/milter_header_checks"
    before, sock = proc.read(table), mta.chroot + "/stsgate/milter.sock"
    proc.write(table, "/^X-Stsgate: .*; route=encrypt;/ FILTER smtp:\n")
    os.chmod(sock, 0o600)
    try:
        got = checked(lab, relay, mta.gate.conf, mta.etc)
    finally:
        proc.write(table, before)
        os.chmod(sock, 0o660)
    same("found", got, (1, {
        "main.cf: milter_header_checks": "error",
        "main.cf: smtp_tls_security_level": "error",
        "main.cf: smtp_tls_policy_maps": "error",
        "stsgate.conf: milter_socket": "error"}))
