# SPDX-License-Identifier: ISC
"""What stsgate does about MX hosts of all kinds, as a table. Run with
tests/lab/run --probes.

kind      what the MX host is like: a row of KINDS, or of badmx.py's. "a,b"
          are two MX hosts, the better first; "a+b" two addresses of one.
mode      what the domain publishes: an MTA-STS policy (enforce, testing,
          none), nothing (unpublished; signed: the same in a signed zone),
          TLSA records in a signed zone (dane; dane+sts: and enforce;
          dane+else: and enforce, for other hosts), or enforce in an unsigned
          zone and TLSA records of the MX host in a signed one (hostdane+sts)
group     of gate.py: default defers what fails, strict rejects it, careful
          requires the level secure, and so waits for what an MX host says
          after the handshake
reply     to RCPT; then the log: result, reason, required, attained; "*" is
          whatever
why       ids of the standards list, of the threats 5.3 matrix ("5.3")
"""
from dataclasses import dataclass, field

from check import BOTH, POSTFIX_ONLY, Row, Verdict

TABLE = """
kind             mode         group   reply     result  reason                      required attained why
# --- the certificate is right -----------------------------------------------------------------------------
good             enforce      default 250       pass    -                           secure   secure   V-06
good             enforce      careful 250       pass    -                           secure   secure   V-06
good             testing      default 250       pass    -                           none     *        V-14
good             testing      careful 250       pass    -                           secure   secure   a testing policy names the host
good             none         default 250       pass    -                           none     *        Q-03
good             unpublished  default 250       pass    -                           none     *        nothing is asked
good             unpublished  careful 451 4.7.5 fail    validation-failure          secure   *        nothing vouches for the name
good             signed       careful 250       pass    -                           secure   secure   DNSSEC does
wildcard         enforce      default 250       pass    -                           secure   secure   V-09
sni              enforce      default 250       pass    -                           secure   secure   V-10
terse            enforce      default 250       pass    -                           secure   secure   M-01 M-08
# --- it is not --------------------------------------------------------------------------------------------
wrongname        enforce      default 451 4.7.5 fail    certificate-host-mismatch   secure   encrypt  E-03
wrongname        enforce      strict  550 5.7.5 fail    certificate-host-mismatch   secure   encrypt  E-03
wrongname        testing      default 250       pass    -                           none     *        Q-02
domainonly       enforce      default 451 4.7.5 fail    certificate-host-mismatch   secure   encrypt  V-08
cnonly           enforce      default 451 4.7.5 fail    certificate-host-mismatch   secure   encrypt  V-08
partial          enforce      default 451 4.7.5 fail    certificate-host-mismatch   secure   encrypt  V-09 O-05
deepwild         enforce      default 451 4.7.5 fail    certificate-host-mismatch   secure   encrypt  V-09
expired          enforce      default 451 4.7.5 fail    certificate-expired         secure   encrypt  V-07
expired          enforce      strict  550 5.7.5 fail    certificate-expired         secure   encrypt  E-03
expired          testing      default 250       pass    -                           none     *        Q-02
expired          testing      careful 451 4.7.5 fail    certificate-expired         secure   encrypt  the rule asks, not the policy
expired          none         default 250       pass    -                           none     *        Q-03
expired          unpublished  default 250       pass    -                           none     *        D-17
future           enforce      default 451 4.7.5 fail    certificate-not-trusted     secure   encrypt  V-07
selfsigned       enforce      default 451 4.7.5 fail    certificate-not-trusted     secure   encrypt  V-07
selfsigned       enforce      strict  550 5.7.5 fail    certificate-not-trusted     secure   encrypt  E-03
selfsigned       unpublished  default 250       pass    -                           none     *        D-17
selfsigned       signed       careful 451 4.7.5 fail    certificate-not-trusted     secure   encrypt  the rule asks
otherca          enforce      default 451 4.7.5 fail    certificate-not-trusted     secure   encrypt  V-07
# --- no TLS, or not enough --------------------------------------------------------------------------------
nostarttls       enforce      default 451 4.7.5 fail    starttls-not-supported      secure   none     E-02
nostarttls       enforce      strict  550 5.7.10 fail   starttls-not-supported      secure   none     E-02
nostarttls       testing      default 250       pass    -                           none     *        Q-02
nostarttls       none         default 250       pass    -                           none     *        Q-03
nostarttls       unpublished  default 250       pass    -                           none     *        D-17
stripped         enforce      default 451 4.7.5 fail    starttls-not-supported      secure   none     M-19
stripped         enforce      strict  550 5.7.10 fail   starttls-not-supported      secure   none     M-19
stripped         testing      default 250       pass    -                           none     *        Q-02
mangled          enforce      default 451 4.7.5 fail    starttls-not-supported      secure   none     M-19
helo-only        enforce      default 451 4.7.5 fail    starttls-not-supported      secure   none     M-07
first-line       enforce      default 451 4.7.5 fail    starttls-not-supported      secure   none     M-08
starttls-454     enforce      default 451 4.7.5 fail    starttls-not-supported      secure   none     M-12
starttls-501     enforce      default 451 4.7.5 fail    starttls-not-supported      secure   none     M-12
starttls-250     enforce      default 451 4.7.5 fail    starttls-not-supported      secure   none     M-12
tls10            enforce      default 451 4.7.6 fail    tls-version                 secure   encrypt  E-04 V-12
tls10            enforce      strict  550 5.7.6 fail    tls-version                 secure   encrypt  E-04
# --- TLS that is tampered with, or fails ------------------------------------------------------------------
inject           enforce      default 451 4.7.5 fail    starttls-injection          secure   none     M-15
inject           enforce      strict  550 5.7.5 fail    starttls-injection          secure   none     M-15
inject-later     enforce      default 451 4.7.5 fail    starttls-injection          secure   none     M-15
inject-fragment  enforce      default 451 4.7.5 fail    starttls-injection          secure   none     M-15
inject-hello     enforce      default 451 4.7.5 fail    starttls-injection          secure   none     M-15
close-220        enforce      default 451 4.7.5 fail    validation-failure          secure   none     5.3
close-handshake  enforce      default 451 4.7.5 fail    validation-failure          secure   none     5.3
close-tls        enforce      careful 451 4.7.5 fail    validation-failure          secure   none     M-18
garbage          enforce      default 451 4.7.5 fail    validation-failure          secure   none     5.3
alert            enforce      careful 451 4.7.5 fail    validation-failure          secure   none     M-18
anonymous        enforce      default 451 4.7.5 fail    validation-failure          secure   none     D-55
# --- not reached: never a failure of policy ---------------------------------------------------------------
refused          enforce      default 250       unknown unreachable                 secure   none     5.3
refused          enforce      strict  250       unknown unreachable                 secure   none     5.3
greet-421        enforce      default 250       unknown unreachable                 secure   none     M-09
greet-450        enforce      default 250       unknown unreachable                 secure   none     M-09
greet-554        enforce      default 250       unknown unreachable                 secure   none     M-09
greet-999        enforce      default 250       unknown unreachable                 secure   none     M-03
greet-nul        enforce      default 250       unknown unreachable                 secure   none     M-05
early            enforce      default 250       unknown unreachable                 secure   none     it talks out of turn
ehlo-421         enforce      default 250       unknown unreachable                 secure   none     M-09
ehlo-mixed       enforce      default 250       unknown unreachable                 secure   none     M-02
ehlo-endless     enforce      default 250       unknown unreachable                 secure   none     M-04
ehlo-longline    enforce      default 250       unknown unreachable                 secure   none     M-04
starttls-421     enforce      default 250       unknown unreachable                 secure   none     M-09
close-greeting   enforce      default 250       unknown unreachable                 secure   none     M-11
close-ehlo       enforce      default 250       unknown unreachable                 secure   none     M-11
close-starttls   enforce      default 250       unknown unreachable                 secure   none     M-11
hang-greeting    enforce      default 250       unknown timeout                     secure   none     N-15
hang-ehlo        enforce      default 250       unknown timeout                     secure   none     N-15
hang-starttls    enforce      default 250       unknown timeout                     secure   none     N-15
hang-handshake   enforce      default 250       unknown timeout                     secure   none     N-15
hang-tls         enforce      careful 250       unknown timeout                     secure   none     N-15
drip             enforce      default 250       unknown timeout                     secure   none     N-15
drip             unpublished  default 250       pass    -                           none     *        nothing is asked
# --- several hosts, several addresses ---------------------------------------------------------------------
expired,good     enforce      default 250       pass    -                           secure   secure   Q-08
refused,good     enforce      default 250       pass    -                           secure   secure   Q-08
good,selfsigned  enforce      default 250       pass    -                           secure   secure   Q-10
expired,nostarttls enforce    default 451 4.7.5 fail    certificate-expired         secure   encrypt  Q-01
refused,expired  enforce      default 250       unknown unreachable                 secure   none     5.3
refused+good     enforce      default 250       pass    -                           secure   secure   X-08
nostarttls+good  enforce      default 250       pass    -                           secure   secure   X-08 M-21
refused+expired  enforce      default 451 4.7.5 fail    certificate-expired         secure   encrypt  X-08
# --- DANE -------------------------------------------------------------------------------------------------
good             dane         default 250       pass    -                           dane     dane     D-15
selfsigned       dane         default 250       pass    -                           dane     dane     D-40
expired          dane         default 250       pass    -                           dane     dane     D-40
wrongname        dane         default 250       pass    -                           dane     dane     D-41
tlsa-mismatch    dane         default 451 4.7.5 fail    validation-failure          dane     encrypt  E-05
tlsa-mismatch    dane         strict  550 5.7.5 fail    validation-failure          dane     encrypt  E-05
tlsa-rolled      dane         default 250       pass    -                           dane     dane     D-61
tlsa-malformed   dane         default 250       pass    -                           dane     dane     D-37 D-52
tlsa-agility     dane         default 451 4.7.5 fail    validation-failure          dane     encrypt  D-52
tlsa-unusable    dane         default 250       pass    -                           encrypt  secure   D-16 D-38
unusable-plain   dane         default 451 4.7.5 fail    starttls-not-supported      encrypt  none     D-16
unusable-self    dane         default 250       pass    -                           encrypt  encrypt  D-16
unusable-self    dane         careful 451 4.7.5 fail    certificate-not-trusted     secure   encrypt  D-16
ta               dane         default 250       pass    -                           dane     dane     D-42
ta-domain        dane         default 250       pass    -                           dane     dane     D-46
ta-cnonly        dane         default 250       pass    -                           dane     dane     D-49
ta-wrongname     dane         default 451 4.7.5 fail    certificate-host-mismatch   dane     encrypt  D-42
ta-expired       dane         default 451 4.7.5 fail    certificate-expired         dane     encrypt  D-42
nostarttls       dane         default 451 4.7.5 fail    starttls-not-supported      dane     none     D-33 D-58
stripped         dane         default 451 4.7.5 fail    starttls-not-supported      dane     none     D-33
tls10            dane         default 451 4.7.6 fail    tls-version                 dane     encrypt  D-54
refused          dane         default 250       unknown unreachable                 dane     none     5.3
alias-end        dane         default 250       pass    -                           dane     dane     D-24 D-28 D-30
alias-own        dane         default 250       pass    -                           dane     dane     D-29
alias-mid        dane         default 250       pass    -                           none     *        D-28
alias-stale      dane         default 451 4.7.5 fail    validation-failure          dane     encrypt  D-30
tlsa-alias       dane         default 250       pass    -                           dane     dane     D-31
tlsa-servfail    dane         default 451 4.4.3 unknown dns-error                   none     none     D-09 D-18 E-06
tlsa-servfail,good dane       default 250       pass    -                           dane     dane     D-09
tlsa-bogus       dane         default 451 4.4.3 unknown dnssec-invalid              none     none     D-09 E-06
tlsa-bogus       dane         strict  451 4.4.3 unknown dnssec-invalid              none     none     E-06
alias-servfail   dane         default 451 4.4.3 unknown dns-error                   none     none     D-29
# --- DANE and MTA-STS -------------------------------------------------------------------------------------
good             dane+sts     default 250       pass    -                           dane     dane     X-05 Q-14
expired          dane+sts     default 250       pass    -                           dane     dane     X-05
tlsa-mismatch    dane+sts     default 451 4.7.5 fail    validation-failure          dane     encrypt  Q-13 Q-14
tlsa-unusable    dane+sts     default 250       pass    -                           secure   secure   both count
unusable-self    dane+sts     default 451 4.7.5 fail    certificate-not-trusted     secure   encrypt  both count
good             dane+else    default 250       pass    -                           dane     dane     X-05
good             hostdane+sts default 250       pass    -                           secure   secure   X-15
expired          hostdane+sts default 451 4.7.5 fail    certificate-expired         secure   encrypt  X-15
tlsa-mismatch    hostdane+sts default 451 4.7.5 fail    validation-failure          secure   encrypt  D-51
"""


@dataclass(frozen=True)
class Kind:
    """A MX host that a real Postfix can be."""
    names: str = "{host}"     # its certificate's DNS-IDs, by blanks
    leaf: dict = field(default_factory=dict)  # to certs.Authority.leaf()
    other: bool = False       # of a CA that nobody knows
    tlsa: str = "3 1 1 {key}" # by slashes; ~ in front of a digest falsifies it
    options: str = ""         # of smtpd
    zone: str = ""            # its lines, if not an address and TLSA records


NO_TLS = "-o smtpd_tls_security_level=none"
TLS_10 = ("-o smtpd_tls_protocols=TLSv1 -o smtpd_tls_ciphers=medium "
          "-o tls_medium_cipherlist=ALL:@SECLEVEL=0")
TA = "2 0 1 {ca}"
# Of three names the first is in the MX record and the last has the address.
ALIAS = """
{host}. CNAME mid.{domain}.
mid CNAME end.{domain}.
end A {address}
"""
# A subzone whose name server (Unbound, asked without RD) refuses: SERVFAIL
LAME = """
_tcp.%s NS refuses.{domain}.
refuses A 127.0.0.1
"""
UNUSABLE = "1 1 1 {key}"

KINDS = {
    "good": Kind(),
    "wildcard": Kind("*.{domain}"),
    "wrongname": Kind("mx.elsewhere.test"),
    "domainonly": Kind("{domain}"),
    "cnonly": Kind("", {"common_name": "{host}"}),
    "partial": Kind("m*.{domain}"),
    "deepwild": Kind("*.test"),
    "expired": Kind(leaf={"expired": True}),
    "future": Kind(leaf={"future": True}),
    "selfsigned": Kind(leaf={"selfsigned": True}),
    "otherca": Kind(other=True),
    "nostarttls": Kind(options=NO_TLS),
    "tls10": Kind(options=TLS_10),
    "tlsa-mismatch": Kind(tlsa="3 1 1 ~{key}"),
    "tlsa-rolled": Kind(tlsa="3 1 1 ~{key} / 3 1 1 {key}"),
    "tlsa-malformed": Kind(tlsa="3 1 1 {key} / 3 1 2 abcd"),
    "tlsa-agility": Kind(tlsa="3 1 1 {key} / 3 1 2 ~{key512}"),
    "tlsa-unusable": Kind(tlsa=UNUSABLE),
    "unusable-plain": Kind(tlsa=UNUSABLE, options=NO_TLS),
    "unusable-self": Kind(leaf={"selfsigned": True}, tlsa=UNUSABLE),
    "alias-end": Kind(zone=ALIAS + "_25._tcp.end TLSA {tlsa}\n"
                      "_25._tcp.{host}. TLSA 3 1 1 {wrong}"),
    "alias-own": Kind(zone=ALIAS + "_25._tcp.{host}. TLSA {tlsa}"),
    "alias-mid": Kind(zone=ALIAS + "_25._tcp.mid TLSA 3 1 1 {wrong}"),
    "alias-stale": Kind(zone=ALIAS + "_25._tcp.end TLSA 3 1 1 {wrong}\n"
                        "_25._tcp.{host}. TLSA {tlsa}"),
    "alias-servfail": Kind(zone=ALIAS + LAME % "end" +
                           "_25._tcp.{host}. TLSA {tlsa}"),
    "tlsa-alias": Kind(zone="{host}. A {address}\n"
                       "_25._tcp.{host}. CNAME tlsa201._dane\n"
                       "tlsa201._dane TLSA {tlsa}"),
    "tlsa-servfail": Kind(zone="{host}. A {address}\n" + LAME % "{host}."),
    # A DS record says that the subzone is signed; it is not there
    "tlsa-bogus": Kind(zone="{host}. A {address}\n_tcp.{host}. NS ns.test.\n"
                       "_tcp.{host}. DS 4711 13 2 {wrong}"),
    "ta": Kind(leaf={"chain": True}, tlsa=TA),
    "ta-domain": Kind("{domain}", {"chain": True}, tlsa=TA),
    "ta-cnonly": Kind("", {"chain": True, "common_name": "{host}"}, tlsa=TA),
    "ta-wrongname": Kind("mx.elsewhere.test", {"chain": True}, tlsa=TA),
    "ta-expired": Kind(leaf={"chain": True, "expired": True}, tlsa=TA),
}
TAKE_MAIL = set(KINDS) | {"stripped"}


@dataclass
class MxRow:
    kind: str
    mode: str
    group: str
    reply: str
    result: str
    reason: str
    required: str
    attained: str
    why: str

    @property
    def domain(self):
        kind = self.kind.replace(",", "-then-").replace("+", "-and-")
        mode = "" if self.mode == "enforce" else \
            "-" + self.mode.replace("+", "-")
        return "%s-mx%s.test" % (kind, mode)

    @property
    def kinds(self):
        """Of its MX hosts, best first, each a list by address."""
        return [host.split("+") for host in self.kind.split(",")]

    @property
    def name(self):
        return "MX %s, %s, %s: %s %s (%s)" % (
            self.kind, self.mode, self.group, self.reply,
            self.result if self.reason == "-" else self.reason, self.why)

    @property
    def relays(self):
        # a refusal, and what must not be refused, through both relays
        both = self.group == "strict" or self.mode in ("testing",
                                                       "unpublished")
        return BOTH if both else POSTFIX_ONLY

    @property
    def action(self):
        if self.reply.startswith("5"):
            return "reject"
        # unreachable: it can only queue, the map enforces
        return "accept" if self.reply.startswith("2") else "defer"

    def verdict(self):
        log = {"result": self.result, "reason": self.reason,
               "action": self.action, "applied": self.action,
               "required": self.required, "attained": self.attained}
        return Verdict(
            self.reply, () if self.reply == "250" else (self.reason,
                                                        self.domain),
            {k: v for k, v in log.items() if v != "*"},
            tag=self.result == "unknown",
            # what could not be tried is accepted, since the map holds it
            delivered=self.result == "pass" and any(
                k in TAKE_MAIL for h in self.kinds for k in h))

    def run(self, lab, relay):
        lab.mxhosts.tried.add(self.domain)
        Row(self.name, [("bob@" + self.domain, self.verdict())],
            sender=self.group).run(lab, relay)


def read(table):
    """Columns are set off by blanks; a reply is one or two words."""
    for line in table.strip().splitlines()[1:]:
        if line.startswith("#"):
            continue
        word = line.split()
        if word[3] != "250":
            word[3:5] = [" ".join(word[3:5])]
        yield MxRow(*word[:8], " ".join(word[8:]))


ROWS = list(read(TABLE))
