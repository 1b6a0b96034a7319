# SPDX-License-Identifier: ISC
"""A store that is sealed with store_key_file: what a daemon knew, the next one
knows; a row that somebody else has changed is refused, counted, and looked up
again (THREATS T21)."""
import json
import os
import socket
import sqlite3
import urllib.request

import herd
import proc
from check import POSTFIX_ONLY, same
from commands import total
from faults import FAULTS
from gate import Gate
from stories import story, stsgate

PORT, METRICS = 8894, "127.0.0.1:9611"
DOMAIN = "good.test"


class SealedGate(Gate):
    def __init__(self, lab):
        super().__init__(lab, "gate-sealed", lab.binary,
                         "inet:%d@127.0.0.1" % PORT)
        key = proc.write(self.dir + "/store.key", os.urandom(16).hex(), 0o600)
        self.text = self.text.replace(
            'metrics_listen = ""', 'metrics_listen = "%s"\n'
            'store_key_file = "%s"' % (METRICS, key))
        proc.write(self.conf, self.text)

    def ask(self):
        """A recipient; whence the answer was known."""
        mark = self.mark()
        with socket.create_connection(("127.0.0.1", PORT), timeout=60) as s:
            s.sendall(herd.OPTNEG)
            herd.read_frame(s)
            s.sendall(herd.mail() + herd.rcpt(DOMAIN))
            same("reply", herd.read_frame(s)[:1], b"c")
        return self.wait_rows(mark, 1)[0]["source"]

    def unsealed(self, lab):
        """Rows refused, by the metrics; `cache stats` says the same."""
        with urllib.request.urlopen("http://%s/metrics" % METRICS,
                                    timeout=10) as answer:
            n = total(answer.read().decode(), "stsgate_store_unsealed_total")
        stats = json.loads(stsgate(lab, "cache", "stats", "--json", "-c",
                                   self.conf)[1])
        same("unsealed by cache stats", stats["disk"]["unsealed"], n)
        return n

    def rows(self, mark):
        return [r for r in super().rows(mark) if r["next_hop"] == DOMAIN]

    def sql(self, text):
        """While it is stopped. How many rows that changed."""
        with sqlite3.connect(self.dir + "/state/facts.sqlite") as db:
            return db.execute(text).rowcount


@story("a sealed store: known after a restart, and no row by anybody else "
       "(T21)", POSTFIX_ONLY, FAULTS)
def _(lab, _relay):
    gate = SealedGate(lab)
    gate.start()
    try:
        same("at first", gate.ask(), "lookup")
        lab.dns.quiet()
        gate.stop()  # writes the pin
        asked = lab.dns.gate_queries()
        gate.start()
        same("after a restart", gate.ask(), "store")
        lab.dns.quiet()
        same("queries since", [q for q in lab.dns.gate_queries()[len(asked):]
                               if DOMAIN in q], [])
        same("rows refused", gate.unsealed(lab), 0)
        gate.stop()
        same("sealed rows", gate.sql(
            "UPDATE facts SET policy_expires = policy_expires + 1 "
            "WHERE mac IS NOT NULL AND key = '%s'" % DOMAIN), 1)
        same("sealed pins", gate.sql(
            "UPDATE pins SET level = 1 WHERE mac IS NOT NULL AND key = '%s'"
            % DOMAIN), 1)
        mark = gate.mark()
        gate.start()
        same("the pin is refused", gate.unsealed(lab), 1)
        same("what was changed is looked up", gate.ask(), "lookup")
        same("the policy too is refused", gate.unsealed(lab), 2)
        for what in ("row", "pin"):
            proc.until(lambda w=what: "store: refused the %s of %s" % (
                w, DOMAIN) in gate.since(mark), "a word on the " + what, 10)
        gate.stop()
        gate.start()  # and is sealed again
        same("after that", (gate.ask(), gate.unsealed(lab)), ("store", 0))
    finally:
        gate.stop()
    same("alarms", gate.alarms(), [])
