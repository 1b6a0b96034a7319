#!/usr/bin/python3 -B
# SPDX-License-Identifier: ISC
"""Shows what stsgate does, with real mail through a real Postfix: who sends
to whom, what the relay says, what arrives, and what stsgate writes down."""
import argparse
import os
import re
import sys
import textwrap

import cell
import lab as lab_module
import postfix
import proc
import smtp
import world
from check import stsgate_headers

COLOURS = {"bold": "1", "red": "31", "green": "32", "yellow": "33",
           "dim": "2"}

STORY = [
    ("A domain that demands verified TLS, and its mail host is the right one.",
     "default", "bob@good.test",
     "Its policy says `mx: mx.good.test`, so does DNS, and that host's "
     "certificate is\ngood: stsgate has looked. Delivered."),
    ("The same kind of domain, but somebody forged its MX record.",
     "default", "bob@forged.test",
     "The policy says mx.forged.test, DNS says mx.evil.test. The sender is "
     "told at\nonce; by default for now (451), since it may be a mistake "
     "that is mended soon."),
    ("The MX record is right, but somebody on the path strips STARTTLS.",
     "default", "bob@stripped-mx.test",
     "Without stsgate this mail would wait in the queue for days, or leave "
     "in clear."),
    ("The mail host's certificate has expired.",
     "default", "bob@expired-mx.test",
     "Whose mistake it is, and what it is, is in the reply."),
    ("The forged domain again; this sender's group says on_fail = \"reject\".",
     "strict", "bob@forged.test",
     "Refused for good, in a sentence that a help desk can read."),
    ("A group that is only being tried (dry_run): it asks for verified TLS, "
     "and this\ndomain publishes nothing that would vouch for its mail host.",
     "dry", "bob@elsewhere.test",
     "Delivered all the same. The header and the log say what would have "
     "been done:\nso rules can be tried on live mail without risk."),
    ("The forged domain, and a group that says on_fail = \"hold\".",
     "hold", "bob@forged.test",
     "The message waits on Postfix's hold queue for a person to look at it."),
    ("A domain without a policy.",
     "strict", "bob@unsigned.test",
     "Nothing is asked of it, nothing is done: no header, no delay."),
]

NEXT = """What to do next
  README                        install, and hook it up to your own relay
  conf/stsgate.conf             every option; begin with dry_run = true
  stsgate query DOMAIN          what a domain publishes, MX by MX
  stsgate explain --from A --to B
                                what your rules would do, and why
  tests/lab/run                 all of this as a test: every scenario"""


def paint(colour, text):
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return text
    return "\033[%sm%s\033[0m" % (COLOURS[colour], text)


def show(label, text, colour=None):
    for line in textwrap.wrap(text, 66, break_long_words=False,
                              break_on_hyphens=False):
        print("  %-9s %s" % (label, paint(colour, line) if colour else line))
        label = ""


def outcome(lab, token, done):
    """What became of an accepted message, from the MTA's own side."""
    qid = postfix.Relay.qid(done)
    if lab.postfix.is_held(qid):
        show("queue", "%s is on hold" % qid, "yellow")
        return
    message = lab.sink.wait(token, 1)[0]
    show("arrived", "for %s" % message["Delivered-To"], "green")
    for header in stsgate_headers(message):
        show("", "X-Stsgate: " + header)


def play(lab, number, title, group, recipient, moral):
    sender, token, mark = world.sender(group), lab.token(), lab.gate.mark()
    print(paint("bold", "\n%d. %s" % (number, title)))
    show("mail", "%s -> %s" % (sender, recipient))
    with lab.session("postfix") as s:
        s.mail(sender)
        reply = s.rcpt(recipient)
        show("relay", str(reply), "green" if reply.ok else "red")
        done = s.data(smtp.compose(sender, recipient, token)) \
            if reply.ok else None
    if done:
        outcome(lab, token, done)
    lab.gate.wait_rows(mark, 1)
    for line in lab.gate.since(mark).splitlines():
        if " next_hop=" in line:
            show("log", re.sub(r"^.*?(?=id=)", "", line), "dim")
    print("  " + moral.replace("\n", "\n  "))


def inside(args):
    lab = None
    try:
        lab = lab_module.Lab(cell.settle(), args.stsgate, probes=True)
        lab.start()
        print("A Postfix relay with stsgate, DNS with DNSSEC, policy hosts "
              "and mail hosts:\nall real, all on this machine, in a network "
              "of their own.")
        for number, step in enumerate(STORY, 1):
            play(lab, number, *step)
        print("\n" + NEXT)
        return 0
    except BrokenPipeError:  # the reader has seen enough
        os._exit(1)
    except (proc.LabError, OSError) as e:
        print("demo: %s\n%s" % (e, lab.tails() if lab else ""))
        return 1


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--stsgate", metavar="PATH", required=True)
    args = p.parse_args()
    if not cell.outside():
        return inside(args)
    packages = lab_module.missing()
    if packages:
        cell.refuse("missing: %s (./autogen.sh deps installs them)" %
                    " ".join(packages))
    return cell.run_inside(keep=False)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)
