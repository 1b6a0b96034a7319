# SPDX-License-Identifier: ISC
"""Two real Postfix instances: the relay with the milter, and the sink that
takes all mail for everybody and is the witness of what was delivered."""
import email
import json
import os
import pwd
import shutil

import downgrade
import proc
import world

DAEMONS = "/usr/lib/postfix/sbin"
COMMON = """
compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
maillog_file_prefixes = /var, {top}
maillog_file = {log}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8, 10.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
biff = no
smtputf8_enable = yes
smtpd_error_sleep_time = 0
smtpd_client_connection_rate_limit = 0
in_flow_delay = 0
smtp_tls_security_level = may
smtp_tls_CAfile = {ca}
smtp_dns_support_level = dnssec
dnssec_probe = ns:test
"""
# Debian's master.cf.proto without chroot and without the smtpd
MASTER = """
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
RELAY = """
myhostname = relay.lab.test
mydestination = $myhostname
local_transport = discard:
smtp_bind_address = %s
smtpd_hard_error_limit = 200
alternate_config_directories = {top}/sink-etc
transport_maps = inline:{{ {routes} }}
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_milters = {milter}
non_smtpd_milters = {milter}
milter_protocol = 6
milter_default_action = tempfail
smtp_tls_policy_maps = socketmap:unix:{tlsmap}:postfix
smtp_tls_loglevel = 1
default_destination_concurrency_failed_cohort_limit = 0
notify_classes =
""" % world.POSTFIX
# Everything goes to one Maildir, whoever it is for
SINK = """
myhostname = mx.good.test
mydestination =
local_transport = virtual:
default_transport = virtual:
virtual_mailbox_maps = static:inbox/
virtual_mailbox_base = {top}/mail
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_tls_security_level = may
"""
SERVICE = "%s:25 inet n - n - - smtpd -o smtpd_tls_chain_files=%s\n"


class Postfix:
    def __init__(self, lab, name, config_dir, main, services, extra_log=""):
        self.name, self.etc = name, config_dir
        self.dir = os.path.join(lab.top, name)
        self.log = os.path.join(lab.log_dir, name + ".log")
        owner = pwd.getpwnam("postfix")
        for sub in ("queue", "data"):
            os.makedirs(os.path.join(self.dir, sub))
        os.chown(self.dir + "/data", owner.pw_uid, owner.pw_gid)
        self.argv = [] if config_dir == "/etc/postfix" else ["-c", config_dir]
        fill = dict(dir=self.dir, top=lab.top, log=self.log, daemons=DAEMONS,
                    ca=lab.authority.ca, uid=owner.pw_uid, gid=owner.pw_gid,
                    milter=lab.milter_for_postfix, tlsmap=lab.gate.tlsmap,
                    routes=", ".join("{ %s = smtp:%s }" % r
                                     for r in world.ROUTES.items()))
        proc.write(config_dir + "/main.cf", (COMMON + main).format(**fill))
        proc.write(config_dir + "/master.cf",
                   MASTER + services.format(**fill))
        if config_dir != "/etc/postfix":
            shutil.copy("/etc/postfix/dynamicmaps.cf", config_dir)

    def command(self, name, *args):
        return proc.tool("/usr/sbin/" + name, *self.argv, *args)

    def start(self):
        self.command("postfix", "start")


class Relay(Postfix):
    name_in_rows = "postfix"
    address = world.POSTFIX

    def __init__(self, lab):
        # The second service has its milter at a unix socket, the third none,
        # and what comes by the fourth leaves without the map too.
        super().__init__(lab, "relay", "/etc/postfix", RELAY, """
%s:25 inet n - n - - smtpd
%s:2526 inet n - n - - smtpd
    -o smtpd_milters=unix:{top}/gate-unix/milter.sock
%s:2527 inet n - n - - smtpd
    -o smtpd_milters=
%s:2528 inet n - n - - smtpd
    -o smtpd_milters= -o content_filter=plain:
plain unix - - n - - smtp -o smtp_tls_policy_maps=
""" % ((world.POSTFIX,) * 4))

    def is_held(self, qid):
        for line in self.command("postqueue", "-j").splitlines():
            entry = json.loads(line)
            if entry["queue_id"] == qid:
                return entry["queue_name"] == "hold"
        return False

    def waiting(self):
        """All of the queue: [(queue name, sender, recipients)]."""
        rows = map(json.loads, self.command("postqueue", "-j").splitlines())
        return [(r["queue_name"], r["sender"],
                 [to["address"] for to in r["recipients"]]) for r in rows]

    @staticmethod
    def qid(reply):
        """250 2.0.0 Ok: queued as 4XYZ"""
        return reply.text.rsplit(" ", 1)[-1]


class Sink(Postfix):
    def __init__(self, lab):
        owner = pwd.getpwnam("postfix")
        self.mail = os.path.join(lab.top, "mail")
        os.makedirs(self.mail)
        os.chown(self.mail, owner.pw_uid, owner.pw_gid)
        hosts = sorted({h for d in world.DOMAINS for h in d.mx
                        if h and not h.endswith(".evil.test")
                        and not d.hosts} |
                       {d.name for d in world.DOMAINS if not d.mx})
        right = lab.authority.leaf("mx", hosts)
        wrong = lab.authority.leaf("evil-mx", ["mx.evil.test"])
        here = sorted({d.at for d in world.DOMAINS if not d.hosts} |
                      {world.MX})  # [127.0.25.1] is an address literal
        services = "".join(SERVICE % (a, wrong if a == world.EVIL_MX
                                      else right) for a in here)
        services += downgrade.services(lab)
        if lab.mxhosts:
            services += lab.mxhosts.postfix_services()
        super().__init__(lab, "sink", lab.top + "/sink-etc", SINK, services)

    def messages(self, token):
        """What has arrived with this token: parsed messages, one for each
        recipient (Delivered-To)."""
        new = os.path.join(self.mail, "inbox", "new")
        found = []
        for name in sorted(os.listdir(new)) if os.path.isdir(new) else []:
            with open(os.path.join(new, name), "rb") as f:
                raw = f.read()
            if token.encode() in raw:
                found.append(email.message_from_bytes(raw))
        return found

    def wait(self, token, count, timeout=20):
        return proc.until(
            lambda: (lambda m: m if len(m) >= count else None)(
                self.messages(token)),
            "%d message(s) with %s at the sink, %d are there" %
            (count, token, len(self.messages(token))), timeout)
