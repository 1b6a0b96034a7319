# SPDX-License-Identifier: ISC
"""The sender's side: an SMTP session said line by line, so that scenarios can
also say what a library would not."""
import re
import socket
from dataclasses import dataclass


@dataclass
class Reply:
    code: str
    text: str   # without the code, lines joined by blanks

    @property
    def ok(self):
        return self.code[0] in "23"

    def __str__(self):
        return self.code + " " + self.text


class Session:
    def __init__(self, address, port=25, helo="client.example", own=None):
        """own: the address to come from."""
        self.socket = socket.create_connection(
            (address, port), timeout=30, source_address=own and (own, 0))
        self.lines = self.socket.makefile("rb")
        self.greeting = self.reply()
        self.hello = self.say("EHLO " + helo)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self.socket.sendall(b"QUIT\r\n")
            self.lines.read()
        except OSError:
            pass
        self.socket.close()

    def reply(self):
        texts = []
        while True:
            line = self.lines.readline().decode("utf-8", "replace")
            m = re.match(r"(\d{3})([ -]?)(.*)", line)
            if not m:
                raise ConnectionError("no SMTP reply: %r" % line)
            texts.append(m.group(3).strip())
            if m.group(2) != "-":
                return Reply(m.group(1), " ".join(texts))

    def say(self, line):
        self.socket.sendall(line.encode("utf-8") + b"\r\n")
        return self.reply()

    def must(self, line):
        got = self.say(line)
        if not got.ok and got.code != "354":
            raise ConnectionError("%s: %s" % (line, got))
        return got

    def xclient(self, **attributes):
        self.must("XCLIENT " + " ".join("%s=%s" % a
                                        for a in attributes.items()))
        return self.say("EHLO client.example")

    def mail(self, sender, utf8=False):
        return self.must("MAIL FROM:<%s>%s" %
                         (sender, " SMTPUTF8" if utf8 else ""))

    def rcpt(self, address):
        """address may come with its own <>, for forms such as
        <@a,@b:u@c>."""
        if not address.startswith("<"):
            address = "<%s>" % address
        return self.say("RCPT TO:" + address)

    def data(self, text):
        self.must("DATA")
        body = re.sub(r"^\.", "..", text, flags=re.M)
        return self.say(body.replace("\n", "\r\n") + "\r\n.")


def compose(sender, to, token, headers=""):
    """headers: raw lines, each ended by a newline."""
    return ("From: %s\nTo: %s\nSubject: lab %s\nMessage-ID: <%s@lab.test>\n"
            "X-Lab: %s\n%s\nA message of the lab.\n"
            % (sender, to, token, token, token, headers))
