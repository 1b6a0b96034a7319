# SPDX-License-Identifier: ISC
"""stsgate itself: its configuration, its life, and its log as rows."""
import json
import os
import re
import shutil
import signal
import subprocess

import proc
import world

CONF = """# made by the lab
milter_socket = "{milter}"
socket_group = "postfix"
tlsmap_listen = [{maps}]
control_socket = "{dir}/control.sock"
metrics_listen = "{metrics}"
state_dir = "{dir}/state"
user = ""
delivery_map = true
reply_deadline = "6s"
own_hosts = ["relay.lab.test", "smrelay.lab.test"]
allow_networks = ["127.0.0.0/8"]
log_target = "stderr"
log_addresses = true
dns = {{ servers = ["{resolver}@53"]  trust_anchor_file = "{anchor}" }}
https = {{ ca_file = "{ca}"  timeout = "2s" }}
probe = {probe}
recipients = ( {{ match = "forgedtoo.test"  require = "none"
                 until = "2020-01-01"  note = "over long ago" }},
               {{ match = "released.test"  require = "none"
                 note = "for every group, so for the map too" }} )
groups = (
    {{ name = "strict"   sender = ["@strict.example"]   on_fail = "reject" }},
    {{ name = "dry"      sender = ["@dry.example"]      on_fail = "reject"
      require = "secure"  dry_run = true }},
    {{ name = "hold"     sender = ["@hold.example"]     on_fail = "hold" }},
    {{ name = "tag"      sender = ["@tag.example"]      on_fail = "tag"
      require = "secure" }},
    {{ name = "careful"  sender = ["@careful.example"]  require = "secure" }},
    {{ name = "exempt"   sender = ["@exempt.example"]   on_fail = "reject"
      recipients = ( {{ match = "forged.test"  require = "none"
                       note = "a dated exception" }} ) }},
    {{ name = "payroll"  login = ["payroll*"]           on_fail = "reject" }},
    {{ name = "branch"   client = ["10.1.0.0/16", "127.10.0.0/16"]
      on_fail = "reject" }},
    {{ name = "default" }}
)
"""
METRICS = "127.0.0.1:9610"
NO_PROBES = "{ enable = false }"
PROBES = """{ enable = true  ca_file = "%s"
          helo = "relay.lab.test"  timeout = "3s" }"""
# What a sanitizer, an assertion or the C library says of a bug
ALARM = re.compile(r"ERROR: AddressSanitizer|ERROR: LeakSanitizer|"
                   r"WARNING: ThreadSanitizer|runtime error:|"
                   r"Assertion .* failed|stack smashing|buffer overflow")


class Gate:
    def __init__(self, lab, name, binary, milter, maps=()):
        self.dir = os.path.join(lab.top, name)
        os.makedirs(self.dir + "/state", mode=0o755)
        self.log = os.path.join(lab.log_dir, name + ".log")
        self.tlsmap = self.dir + "/tlsmap.sock"
        self.text = CONF.format(milter=milter, dir=self.dir,
                                metrics=METRICS if name == "gate" else "",
                                maps=", ".join('"%s"' % m for m in (
                                    "unix:" + self.tlsmap, *maps)),
                                probe=PROBES % lab.authority.ca
                                if lab.mxhosts else NO_PROBES,
                                anchor=lab.dns.anchor, ca=lab.authority.ca,
                                resolver=world.GATE_RESOLVER)
        self.conf = proc.write(self.dir + "/stsgate.conf", self.text)
        self.binary = binary
        if milter.startswith("inet:"):
            port, host = milter[5:].split("@")
            milter_ready = proc.listening(host, int(port))
        else:
            milter_ready = lambda: os.path.exists(milter.split(":", 1)[1])

        def ready():
            return milter_ready() and (
                self.tlsmap not in self.text or
                proc.listening_unix(self.tlsmap))
        self.daemon = proc.Daemon(
            name, [binary, "serve", "--foreground", "-c", self.conf],
            self.log, ready)

    def start(self):
        self.daemon.start()

    def stop(self):
        return self.daemon.stop()

    def forget(self):
        """Removes the store; only while it is stopped."""
        shutil.rmtree(self.dir + "/state")
        os.makedirs(self.dir + "/state")

    def hup(self, text):
        """Gives it another configuration file."""
        proc.write(self.conf, text)
        self.daemon.child.send_signal(signal.SIGHUP)

    def children(self, title):
        """Its own: other gates of the lab have the same titles."""
        top = self.daemon.child.pid
        return [pid for pid in proc.titled("^stsgate: %s" % title)
                if pid == top or proc.parent(pid) == top]

    def mark(self):
        return os.path.getsize(self.log) if os.path.exists(self.log) else 0

    def since(self, mark):
        with open(self.log, "rb") as f:
            f.seek(mark)
            return f.read().decode("utf-8", "replace")

    def rows(self, mark):
        """The recipients' lines since mark, each as {name: value}."""
        return [dict(re.findall(r"(\w+)=(\S*)", line))
                for line in self.since(mark).splitlines()
                if " next_hop=" in line]

    def wait_rows(self, mark, count, **match):
        """Those with these values only. The log is written by a thread of
        its own: a line of what was asked before mark may come after it."""
        def look():
            rows = [r for r in self.rows(mark)
                    if match.items() <= r.items()]
            return rows if len(rows) >= count else None
        return proc.until(look, "%d recipient line(s) in stsgate's log:\n%s" %
                          (count, self.since(mark)), 10) if count else []

    def report(self):
        """The cells of `stsgate report`."""
        say = subprocess.run([self.binary, "report", "-c", self.conf,
                              "--json"], stdout=subprocess.PIPE, timeout=60,
                             stderr=subprocess.DEVNULL, check=True)
        return json.loads(say.stdout)["cells"]

    def alarms(self):
        return ALARM.findall(proc.read(self.log))
