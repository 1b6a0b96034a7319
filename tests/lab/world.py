# SPDX-License-Identifier: ISC
"""The internet of the lab: which domains there are, what they publish, and
how their policy hosts behave. A scenario that needs a new kind of domain adds
one row here; DNS zones, certificates and web servers are made from the rows.
"""
from dataclasses import dataclass

AUTHORITY = "127.0.0.53"      # Knot, all zones
MTA_RESOLVER = "127.0.0.1"    # Unbound, what the mail servers ask
GATE_RESOLVER = "127.0.0.54"  # Unbound, what stsgate asks: its log is the
                              # list of stsgate's queries and of nobody else's
POSTFIX, SENDMAIL = "127.0.0.2", "127.0.0.3"
# The root servers that every resolver knows: Knot, for who asks from the root
ROOT = ("198.41.0.4", "199.9.14.201", "192.33.4.12", "199.7.91.13",
        "192.203.230.10", "192.5.5.241", "192.112.36.4", "198.97.190.53",
        "192.36.148.17", "192.58.128.30", "193.0.14.129", "199.7.83.42",
        "202.12.27.33", "170.247.170.2")
SENTINEL = "127.0.0.99"       # nobody's
WEB = "127.0.80.1"            # nginx
MX, EVIL_MX = "127.0.25.1", "127.0.25.2"  # the sink; the second with a
                                          # certificate for another name
STS = "v=STSv1; id=20261124;"


def policy(mode, *mx, max_age=86400):
    lines = ["version: STSv1", "mode: " + mode]
    lines += ["mx: " + pattern for pattern in mx]
    return "\r\n".join(lines + ["max_age: %d" % max_age, ""])


@dataclass
class Domain:
    name: str
    mx: tuple = None       # hosts; None = mx.<name>; () = no MX record
    sts: tuple = (STS,)    # TXT records of _mta-sts
    policy: str = None     # None = enforce, with exactly the MX hosts
    web: str = "good"      # how the policy host behaves: web.py, badweb.py
    signed: bool = False
    bogus: bool = False    # signed, but the DS in test. is of another key
    at: str = MX           # address of the MX hosts below this name
    hosts: dict = None     # MX hosts with addresses of their own: mxhosts.py
    extra: str = ""        # more lines of the zone

    def __post_init__(self):
        if self.mx is None:
            self.mx = ("mx." + self.name,)
        if self.policy is None:
            self.policy = policy("enforce", *(self.mx or (self.name,)))
        self.signed = self.signed or self.bogus

    @property
    def from_root(self):
        return not self.name.endswith(".test")

    @property
    def policy_host(self):
        return "mta-sts." + self.name


def without_sts(name, **more):
    return Domain(name, sts=(), web="", **more)


DOMAINS = [
    # enforce, and the MX hosts are those of the policy
    Domain("good.test"),
    Domain("signed.test", signed=True),
    Domain("goodwild.test", mx=("a.mail.goodwild.test",),
           policy=policy("enforce", "*.mail.goodwild.test")),
    Domain("implicit.test", mx=()),
    Domain("xn--bcher-kva.test"),
    Domain("aliased.test", sts=(),
           extra="_mta-sts CNAME _mta-sts.good.test."),
    # enforce, and they are not
    Domain("forged.test", mx=("mx.evil.test",),
           policy=policy("enforce", "mx.forged.test")),
    Domain("forgedtoo.test", mx=("mx.evil.test",),
           policy=policy("enforce", "mx.forgedtoo.test")),
    Domain("released.test", mx=("mx.evil.test",),
           policy=policy("enforce", "mx.released.test")),
    Domain("crowd.test", mx=("mx.evil.test",),
           policy=policy("enforce", "mx.crowd.test")),
    Domain("deepwild.test", mx=("a.b.deepwild.test",),
           policy=policy("enforce", "*.deepwild.test")),
    Domain("shortlived.test", mx=("mx.evil.test",),
           policy=policy("enforce", "mx.shortlived.test", max_age=1)),
    # policies that ask for nothing
    Domain("testing.test", mx=("mx.evil.test",),
           policy=policy("testing", "mx.testing.test")),
    Domain("nonemode.test", policy=policy("none")),
    # no policy
    without_sts("nopolicy.test", signed=True),
    without_sts("unsigned.test"),
    without_sts("elsewhere.test", mx=("mx.good.test",)),
    Domain("twotxt.test", sts=(STS, "v=STSv1; id=another;")),
    Domain("badid.test", sts=("v=STSv1; id=has-a-dash;",)),
    Domain("noise.test", sts=("v=spf1 -all", STS)),
    Domain("parent.test", mx=("mx.evil.test",),
           policy=policy("enforce", "mx.parent.test"),
           extra="child MX 10 mx.good.test."),
    # a policy is promised and cannot be had
    Domain("expired.test", web="expired"),
    Domain("wrongname.test", web="wrongname"),
    Domain("selfsigned.test", web="selfsigned"),
    Domain("gone.test", web="404"),
    Domain("moved.test", web="redirect"),
    Domain("html.test", web="html"),
    Domain("syntax.test", policy="version: STSv1\r\nmode: enforced\r\n"),
    Domain("unframed.test", web="unframed"),
    Domain("cut.test", web="cut"),
    Domain("toolarge.test", web="toolarge"),
    Domain("hang.test", web="hang"),
    Domain("slow.test", web="slow"),
    Domain("closed.test", web="closed"),
    Domain("late.test", web="late"),
    # any number of domains below it: policy hosts that never speak
    without_sts("tarpit.test", extra="""
* TXT "v=STSv1; id=1;"
* MX 10 mx.good.test.
* A 127.0.80.250
"""),
    # no way to deliver, or DNS that lies
    without_sts("nullmx.test", mx=("",)),
    Domain("bogus.test", bogus=True),
    # next hops of the relays' own routing
    without_sts("routed.test"),   # transport: forged.test
    Domain("rerouted.test", mx=("mx.evil.test",),
           policy=policy("enforce", "mx.rerouted.test")),  # to good.test
    without_sts("hosted.test"),   # transport: [mx.good.test]
    # not below test., but found from the root (story "recursion")
    Domain("lab.recursion", signed=True),
    # the attacker's mail host
    without_sts("evil.test", at=EVIL_MX),
]

# Zones that the server should have and has not: it answers SERVFAIL
LOST_ZONES = []

# The relay's routes, in Postfix's words; Sendmail's mailertable is made of it.
ROUTES = {"routed.test": "forged.test", "rerouted.test": "good.test",
          "hosted.test": "[mx.good.test]"}

# Whose mail the relays carry: the groups of stsgate.conf go by these.
# Real domains too, so that bounces arrive somewhere.
SENDER_ZONE = "example"


def sender(group):
    return "alice@%s.example" % group
