# SPDX-License-Identifier: ISC
"""The TLS policy map: what it answers for every domain of the lab, in every
dialect, asked by postmap(1); and what Postfix's smtp(8) makes of a thousand
generated policies' answers."""
import os
import random
import re
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor

import mxkinds
import proc
import smtp
import world
from check import POSTFIX_ONLY, Failure, same
from stories import expect, story

STORIES = []
DIALECTS = ("postfix", "postfix-tlsrpt", "sts")
NOBODY = "no-mx-host-is-vouched-for.invalid"
REFUSED = "127.0.25.99"  # nobody listens there

# --- more domains ------------------------------------------------------------

# The MX host is the one whose certificate is for another name, with the key
# of all: TLSA records are all that can verify it.
DANE = dict(signed=True, at=world.EVIL_MX)


def add_domains(authority):
    tlsa = "_25._tcp.%s TLSA 3 1 1 " + authority.key_digest() + "\n"
    wrong = "_25._tcp.%s TLSA 3 1 1 " + "0123456789abcdef" * 4 + "\n"
    unusable = "_25._tcp.%s TLSA 1 1 1 " + authority.key_digest() + "\n"
    # a zone that its server has lost: SERVFAIL
    lame = "_25._tcp.%s NS ns.test.\n"
    world.LOST_ZONES += ["_25._tcp." + host for host in (
        "mx.danelame.test", "mx.danelamests.test", "mx1.danelameone.test")]

    def two(name):
        return ("mx1." + name, "mx2." + name)

    world.DOMAINS += [
        world.without_sts("dane.test", extra=tlsa % "mx", **DANE),
        world.Domain("danests.test", extra=tlsa % "mx", **DANE),
        world.without_sts("danebad.test", extra=wrong % "mx", **DANE),
        world.Domain("danebadsts.test", extra=wrong % "mx", signed=True),
        world.without_sts("danesome.test", mx=two("danesome.test"),
                          extra=tlsa % "mx1", **DANE),
        world.Domain("danesomests.test", mx=two("danesomests.test"),
                     extra=tlsa % "mx1", **DANE),
        world.without_sts("danenone.test", extra=unusable % "mx", **DANE),
        world.Domain("danenonests.test", extra=unusable % "mx",
                     signed=True),
        world.without_sts("danelame.test", extra=lame % "mx", **DANE),
        world.Domain("danelamests.test", extra=lame % "mx", signed=True),
        world.without_sts("danelameone.test", mx=two("danelameone.test"),
                          extra=lame % "mx1", signed=True),
        world.without_sts("bogushost.test", mx=("mx.bogus.test",),
                          signed=True),
        generated_domain()]


# --- the table -----------------------------------------------------------------

# key, what postfix and postfix-tlsrpt are told, what sts is told if that is
# something else. secure: the MX hosts that are named.
TABLE = """
good.test               secure mx.good.test
GOOD.Test               secure mx.good.test
good.test:587           secure mx.good.test
signed.test             secure mx.signed.test
goodwild.test           secure a.mail.goodwild.test
implicit.test           secure implicit.test
xn--bcher-kva.test      secure mx.xn--bcher-kva.test
b\u00fccher.test        secure mx.xn--bcher-kva.test
aliased.test            secure mx.aliased.test
noise.test              secure mx.noise.test
late.test               secure mx.late.test
forged.test             secure nobody
forgedtoo.test          secure nobody
crowd.test              secure nobody
deepwild.test           secure nobody
parent.test             secure nobody
rerouted.test           secure nobody
released.test           notfound
testing.test            notfound
nonemode.test           notfound
nopolicy.test           notfound
unsigned.test           notfound
twotxt.test             notfound
badid.test              notfound
child.parent.test       notfound
nowhere.test            notfound
nullmx.test             notfound
routed.test             notfound
hosted.test             notfound
evil.test               notfound
elsewhere.test          notfound
brief.test              notfound
attacker.test           notfound
expired.test            notfound
wrongname.test          notfound
selfsigned.test         notfound
gone.test               notfound
moved.test              notfound
html.test               notfound
syntax.test             notfound
unframed.test           notfound
cut.test                notfound
toolarge.test           notfound
hang.test               notfound
slow.test               notfound
closed.test             notfound
d1.tarpit.test          notfound
bogus.test              temp dnssec-invalid
bogushost.test          temp dnssec-invalid
dane.test               dane-only               notfound
danests.test            dane-only               secure mx.danests.test
danebad.test            dane-only               notfound
danebadsts.test         dane-only               secure mx.danebadsts.test
danesome.test           dane                    notfound
danesomests.test        dane-only               secure mx1.danesomests.test:mx2.danesomests.test
danenone.test           dane                    notfound
danenonests.test        secure mx.danenonests.test
danelame.test           temp dns-error
danelamests.test        temp dns-error
danelameone.test        dane                    notfound
[mx.good.test]          notfound
[mx.good.test]:587      notfound
[mx.dane.test]          notfound
[127.0.25.1]            notfound
[IPv6:fd00::1]          notfound
.good.test              notfound
.test                   notfound
unix:/run/x             notfound
not..a..domain          notfound
"""
# Not asked for: their answer changes by the second (max_age 1), or is that of
# all the names below them.
LEFT_OUT = {"shortlived.test", "tarpit.test", "gen.test"}
# Must be cold in faults.py and herd.py, and are asked for behind them
LATER = {"late.test", "parent.test"}


def read_table():
    for line in TABLE.strip().splitlines():
        key, *rest = re.split(r"  +", line.strip())
        yield key, rest[0], rest[-1]


def mx_rows():
    """The domains of mxkinds.py, by what they publish."""
    for row in {r.domain: r for r in mxkinds.ROWS}.values():
        zone = row.domain.replace(".test", "-host.test") \
            if row.mode == "hostdane+sts" else row.domain
        hosts = ["mx%s.%s" % (n + 1 if len(row.kinds) > 1 else "", zone)
                 for n in range(len(row.kinds))]
        secure = "secure " + ":".join(hosts)
        unusable = mxkinds.KINDS.get(row.kinds[0][0], mxkinds.Kind()) \
            .tlsa == mxkinds.UNUSABLE
        dane = "dane" if unusable else "dane-only"
        yield row.domain, *{
            "enforce": (secure, secure), "hostdane+sts": (secure, secure),
            "dane": (dane, "notfound"),
            "dane+sts": (secure if unusable else dane, secure),
            "dane+else": (dane, "notfound"),
        }.get(row.mode, ("notfound", "notfound"))


def policy_attributes(key):
    """Of postfix-tlsrpt: the policy as its domain serves it."""
    name = key.lower().partition(":")[0].replace("\u00fc", "").replace(
        "bcher", "xn--bcher-kva") if "\u00fc" in key \
        else key.lower().partition(":")[0]
    d = next(d for d in world.DOMAINS if d.name == name)
    lines = d.policy.split("\r\n")[:-1]
    patterns = [line[4:] for line in lines if line.startswith("mx: ")]
    return " policy_type=sts policy_domain=%s%s%s" % (
        name, "".join(" mx_host_pattern=" + p for p in patterns),
        "".join(" { policy_string = %s }" % line for line in lines))


def want(dialect, key, for_postfix, for_sts):
    word, _, rest = (for_sts if dialect == "sts" else
                     for_postfix).partition(" ")
    if word == "notfound":
        return "NOTFOUND"
    if word == "temp":
        return "TEMP %s" % rest
    if word != "secure":
        return word
    return "secure match=%s servername=hostname%s" % (
        NOBODY if rest == "nobody" else rest,
        policy_attributes(key) if dialect == "postfix-tlsrpt" else "")


def postmap(lab, dialect, key):
    """As postmap(1) shows it; TEMP with the last word of why."""
    done = subprocess.run(
        ["/usr/sbin/postmap", "-q", key, "socketmap:unix:%s:%s" %
         (lab.gate.tlsmap, dialect)], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, timeout=60)
    why = re.search(r"socketmap server temporary error: (\S+): (\S+)",
                    done.stderr)
    if why:
        return "TEMP " + why.group(2)
    if done.returncode == 1 and not done.stderr:
        return "NOTFOUND"
    return done.stdout.rstrip("\n") if done.returncode == 0 \
        else "exit %d: %s" % (done.returncode, done.stderr)


@story("map: postmap -q, every domain, every dialect (WIRE, Z-02..Z-07)",
       POSTFIX_ONLY, STORIES)
def _(lab, _relay):
    rows = list(read_table()) + (list(mx_rows()) if lab.mxhosts else [])
    named = {key for key, _, _ in rows}
    for d in world.DOMAINS:
        if d.name not in named | LEFT_OUT and not d.hosts and \
                not d.name.startswith("swap-") and not d.from_root:
                # those are hookup.py's own, and another resolver's
            raise Failure("the table lacks " + d.name)
    check_rows(lab, [row for row in rows if row[0] not in LATER])


def check_rows(lab, rows):
    def ask(row):
        return [(row[0], dialect, postmap(lab, dialect, row[0]),
                 want(dialect, *row)) for dialect in DIALECTS]

    with ThreadPoolExecutor(4) as pool:
        asked = [a for answers in pool.map(ask, rows) for a in answers]
    wrong = ["%s %s: got %r, want %r" % a for a in asked if a[2] != a[3]]
    if wrong:
        raise Failure("\n".join(wrong))


# --- socketmap, spoken directly ----------------------------------------------------

class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(30)
        self.socket.connect(path)
        self.stream = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.socket.close()

    def send(self, *questions):
        self.socket.sendall(b"".join(b"%d:%s," % (len(q.encode()), q.encode())
                                     for q in questions))

    def receive(self):
        size = b""
        while not size.endswith(b":"):
            octet = self.stream.read(1)
            if not octet:
                return None
            size += octet
        return self.stream.read(int(size[:-1]) + 1)[:-1].decode()

    def ask(self, question):
        self.send(question)
        return self.receive()


@story("map: no such map is PERM, and the next question is answered",
       POSTFIX_ONLY, STORIES)
def _(lab, _relay):
    with Client(lab.gate.tlsmap) as c:
        for question, start in (
                ("QUERY good.test", "PERM "), ("good.test", "PERM "),
                ("Postfix good.test", "PERM "), (" good.test", "PERM "),
                ("postfix ", "NOTFOUND "), ("purge good.test", "PERM "),
                ("postfix good.test", "OK secure ")):
            got = c.ask(question)
            if not (got or "").startswith(start):
                raise Failure("%r: got %r, want %s" % (question, got, start))


@story("map: answers in order, a slow domain among them", POSTFIX_ONLY,
       STORIES)
def _(lab, _relay):
    with Client(lab.gate.tlsmap) as c, Client(lab.gate.tlsmap) as other:
        c.send("postfix good.test", "postfix d77.tarpit.test",
               "postfix forged.test")
        # nobody else waits meanwhile
        for _ in range(100):
            expect(other.ask("postfix good.test"), "OK secure")
        expect(c.receive(), "OK secure match=mx.good.test")
        expect(c.receive(), "NOTFOUND ")
        expect(c.receive(), "OK secure match=" + NOBODY)


@story("map: a frame that is none ends the connection (THREATS 2.6)",
       POSTFIX_ONLY, STORIES)
def _(lab, _relay):
    for frame in (b"01:x,", b"-1:x,", b"99999:x", b"4294967296:x",
                  b"1:xx", b"GET / HTTP/1.0\r\n\r\n", b":,", b"2147483648:"):
        with Client(lab.gate.tlsmap) as c:
            c.send("postfix good.test")
            c.socket.sendall(frame)
            expect(c.receive(), "OK secure")
            same("behind %r" % frame, c.receive(), None)


# --- delivery ------------------------------------------------------------------------

def smtp_log(lab, address):
    """The smtp(8) lines since lab start that speak of a recipient."""
    return [line for line in proc.read(lab.postfix.log).splitlines()
            if "/smtp[" in line and "to=<%s>" % address in line]


def send(lab, *addresses, port=25):
    """By the relay; returns the token."""
    token = lab.token()
    with smtp.Session(world.POSTFIX, port) as s:
        s.mail(world.sender("default"))
        for address in addresses:
            expect(s.rcpt(address), "250")
        expect(s.data(smtp.compose(world.sender("default"), addresses[0],
                                   token)), "250")
    return token


def wait_deferred(lab, address):
    def look():
        return [line for line in smtp_log(lab, address)
                if "status=deferred" in line]
    return proc.until(look, "%s to be deferred" % address, 30)[-1]


@story("map: working DANE is delivered DANE-verified", POSTFIX_ONLY, STORIES)
def _(lab, _relay):
    for domain in ("dane.test", "danests.test", "danesome.test"):
        token = send(lab, "bob@" + domain, port=2527)
        lab.sink.wait(token, 1)
        if not re.search(r"Verified TLS connection established to "
                         r"mx1?\.%s\[" % re.escape(domain),
                         proc.read(lab.postfix.log)):
            raise Failure(domain + " was not DANE-verified")


@story("map: broken DANE is deferred, a valid certificate or not",
       POSTFIX_ONLY, STORIES)
def _(lab, _relay):
    for domain in ("danebad.test", "danebadsts.test"):
        address = "bob@" + domain
        token = send(lab, address, port=2527)
        line = wait_deferred(lab, address)
        if "4.7.5" not in line and "not trusted" not in line \
                and "Server certificate" not in line:
            raise Failure("deferred for another reason: " + line)
        same("messages at the sink", len(lab.sink.messages(token)), 0)


# --- a thousand policies ---------------------------------------------------------------

GENERATED = 1000
# Of these stsgate does not see the MX, so that it answers by patterns
WITHOUT_MX = range(0, GENERATED, 5)
FOR_GATE_ONLY = "    local-zone: \"gen.test.\" typetransparent\n" + "".join(
    "    local-data: \"p%d.gen.test. 3600 IN MX 10 bad-.gen.test.\"\n" % n
    for n in WITHOUT_MX)
HOSTILE = (
    "mx.gen.test ciphers=low", "mx.gen.test servername=evil.test",
    "mx.gen.test:evil.test", "mx.gen.test,evil.test", "{ match = evil.test }",
    "mx.gen.test } { policy_string = x", "match=evil.test", "*", "*.", ".",
    "*.*.gen.test", "a.*.gen.test", "*gen.test", "mx.gen.test\tprotocols=all",
    "mx.gen.test\x0bexclude=aRSA", "mx.gen.test\u2028level=may",
    "127.0.25.1", "[127.0.25.1]", "mx..gen.test", "-mx.gen.test",
    "%s%n", "$myhostname", "mx.gen.test#", "\"mx.gen.test\"", "mx_.gen.test",
    "mx.gen.test\0tafile=/etc/passwd", "x" * 64 + ".test", "OK may")


def generated_domain():
    return world.Domain(
        "gen.test", sts=(), web="", hosts={"mx.gen.test": [REFUSED]},
        extra="* TXT \"v=STSv1; id=1;\"\n* MX 10 mx.gen.test.\n"
        "* A %s\n" % world.WEB)


def generate(n):
    r = random.Random(n)

    def name():
        labels = ["".join(r.choice("abcdefghijklmnopqrstuvwxyz0123456789-")
                          for _ in range(r.choice((1, 3, 8, 30, 61))))
                  for _ in range(r.choice((1, 2, 3)))]
        host = ".".join("a%sz" % label for label in labels) + ".test"
        return ("*." if r.random() < 0.3 else "") + host

    mx = [name() for _ in range(r.choice((1, 1, 2, 3, 10, 60)))]
    if r.random() < 0.5:
        mx.insert(r.randrange(len(mx) + 1),
                  r.choice(("mx.gen.test", "*.gen.test", "MX.Gen.Test")))
    if r.random() < 0.2:
        mx.insert(r.randrange(len(mx) + 1), r.choice(HOSTILE))
    mode = r.choice(("enforce",) * 8 + ("testing", "none"))
    extra = r.choice(("", "", "x-new: { ciphers=low }\r\n",
                      "mode: none ciphers=low\r\n"))
    return world.policy(mode, *mx).replace("max_age", extra + "max_age")


def policy_servers(authority):
    hosts = ["mta-sts.p%d.gen.test" % n for n in range(GENERATED)]
    cert = authority.leaf("generated", hosts)
    where = os.path.join(authority.dir, "generated-policies")
    os.makedirs(where)
    for n in range(GENERATED):
        with open("%s/p%d" % (where, n), "w", newline="",
                  encoding="utf-8") as f:
            f.write(generate(n))
    return """    server {
        listen %s:443 ssl;
        server_name ~^mta-sts\\.(?<label>p[0-9]+)\\.gen\\.test$;
        ssl_certificate %s;
        ssl_certificate_key %s;
        location = /.well-known/mta-sts.txt {
            default_type text/plain;
            alias %s/$label;
        }
    }
""" % (world.WEB, cert, cert, where)


# All that may be said, and nothing else
FIT = re.compile(
    r"NOTFOUND |OK secure match=\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*"
    r"(:\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*)* servername=hostname")


def learn(lab, n):
    """The map's answer for one of them; asked again while it is TEMP for
    overload, which a thousand cold domains at once are."""
    with Client(lab.gate.tlsmap) as c:
        return proc.until(lambda: (lambda a: a if not a.startswith(
            "TEMP") else None)(c.ask("postfix p%d.gen.test" % n)),
            "an answer for p%d.gen.test" % n, 60)


@story("map: smtp(8) takes the answers to 1,000 policies (THREATS 0.7)",
       POSTFIX_ONLY, STORIES)
def _(lab, _relay):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: learn(lab, n), range(GENERATED)))
    unfit = [a for a in answers if not FIT.fullmatch(a)]
    if unfit:
        raise Failure("unfit: %r" % unfit[:5])
    kinds = {"notfound": "NOTFOUND", "hosts": "match=mx.gen.test servername",
             "nobody": NOBODY, "patterns": "z.test"}
    counted = {k: sum(v in a for a in answers) for k, v in kinds.items()}
    for kind, count in counted.items():
        if count < 50:
            raise Failure("only %d answers are of kind %s: %r" % (
                count, kind, counted))
    send(lab, *("bob@p%d.gen.test" % n for n in range(GENERATED)), port=2527)

    def all_tried():
        return len(set(re.findall(
            r"to=<bob@(p\d+)\.gen\.test>, relay=none.*status=deferred",
            proc.read(lab.postfix.log)))) == GENERATED
    proc.until(all_tried, "smtp(8) to have tried all of them", 120)


LAST = []


@story("map: postmap -q, the domains that had to be cold until now",
       POSTFIX_ONLY, LAST)
def _(lab, _relay):
    check_rows(lab, [row for row in read_table() if row[0] in LATER])


@story("map: Postfix had no fault to find with any answer", POSTFIX_ONLY,
       LAST)
def _(lab, _relay):
    text = proc.read(lab.postfix.log)
    faults = [line for line in text.splitlines()
              if "client TLS configuration problem" in line
              or re.search(r"invalid (attribute|security level|certificate)",
                           line) or "TLS policy lookup" in line
              and "temporary" not in line and "TLSA lookup error" not in line]
    if faults:
        raise Failure("\n".join(faults[:5]))
