# SPDX-License-Identifier: ISC
"""A real Sendmail relay beside Postfix. Debian's packages of the two cannot
be installed together, so Sendmail's are only unpacked (autogen.sh deps)."""
import glob
import os
import socket
import threading

import proc
import world

MC = """divert(-1)
define(`_CF_DIR_', `{root}/usr/share/sendmail/cf/')
include(`{root}/usr/share/sendmail/cf/m4/cf.m4')
divert(0)dnl
VERSIONID(`stsgate lab')
OSTYPE(`linux')dnl
define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')dnl
define(`QUEUE_DIR', `{dir}/queue')dnl
define(`confPID_FILE', `{dir}/sendmail.pid')dnl
define(`STATUS_FILE', `{dir}/statistics')dnl
define(`ALIAS_FILE', `')dnl
define(`confHOST_STATUS_DIRECTORY', `')dnl
define(`confSERVICE_SWITCH_FILE', `{dir}/service.switch')dnl
define(`confDOMAIN_NAME', `smrelay.lab.test')dnl
define(`confTO_IDENT', `0')dnl
define(`confQUEUE_LA', `9999')dnl
define(`confREFUSE_LA', `9999')dnl
define(`confDELAY_LA', `9999')dnl
define(`confCACERT', `{ca}')dnl
define(`confCACERT_PATH', `{dir}')dnl
define(`confLOG_LEVEL', `14')dnl
define(`confPRIVACY_FLAGS', `')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`promiscuous_relay')dnl
FEATURE(`mailertable', `hash -o {dir}/mailertable')dnl
DAEMON_OPTIONS(`Name=MTA, Addr={address}, Port=25')dnl
CLIENT_OPTIONS(`Family=inet, Addr={address}')dnl
FEATURE(`sts', `socket -d5 -T<TMPF> inet:8461@127.0.0.1')dnl
INPUT_MAIL_FILTER(`stsgate', `S={milter}, F=T')dnl
MAILER(`smtp')dnl
"""
BINARY = "usr/libexec/sendmail/sendmail"


def find(candidates):
    """The first directory with an unpacked Sendmail, or None."""
    for root in candidates:
        if root and os.path.exists(os.path.join(root, BINARY)):
            return os.path.abspath(root)
    return None


class Syslog:
    """Sendmail logs to /dev/log only: this is /dev/log."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        threading.Thread(target=self._copy, daemon=True).start()

    def _copy(self):
        with open(self.path, "a", encoding="utf-8") as out:
            while True:
                line = self.socket.recv(8192).decode("utf-8", "replace")
                out.write(line.rstrip("\n\0") + "\n")
                out.flush()


class Relay:
    name = name_in_rows = "sendmail"
    address = world.SENDMAIL

    def __init__(self, lab, root):
        self.root, self.dir = root, os.path.join(lab.top, "sendmail")
        self.program = os.path.join(root, BINARY)
        self.log = os.path.join(lab.log_dir, "sendmail.log")
        os.makedirs(self.dir + "/queue", mode=0o700)
        Syslog(self.log)
        proc.write(self.dir + "/service.switch", "hosts files dns\n")
        proc.write(self.dir + "/statistics", "", 0o600)
        mc = proc.write(self.dir + "/relay.mc", MC.format(
            root=root, dir=self.dir, ca=lab.authority.ca,
            address=world.SENDMAIL, milter=lab.milter))
        cf = proc.write(self.dir + "/relay.cf", proc.tool("m4", mc))
        table = "".join("%s\tesmtp:%s\n" % r for r in world.ROUTES.items())
        source = proc.write(self.dir + "/mailertable.txt", table)
        with open(source) as stdin:
            proc.tool(root + "/usr/sbin/makemap", "-C", cf, "hash",
                      self.dir + "/mailertable", stdin=stdin)
        # The path must be absolute: Sendmail starts itself again by it
        self.daemon = proc.Daemon(
            "sendmail", [self.program, "-C" + cf, "-bD",
                         "-q30m"], self.log,
            proc.listening(world.SENDMAIL, 25))

    def start(self):
        self.daemon.start()

    def is_held(self, qid):
        """A quarantined message's queue file is hf<id> instead of qf<id>."""
        return bool(glob.glob("%s/queue/hf%s" % (self.dir, qid)))

    @staticmethod
    def qid(reply):
        """250 2.0.0 3ABC Message accepted for delivery"""
        return reply.text.split()[1]
