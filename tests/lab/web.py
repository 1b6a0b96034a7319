# SPDX-License-Identifier: ISC
"""Policy hosts: nginx for those that a normal web server can be, badweb.py
for those that no normal one can."""
import json
import os
import sys

import proc
import world

# what nginx serves; the rest is badweb.py's
NGINX = {
    "good": "default_type text/plain; alias {file};",
    "html": "default_type text/html; alias {file};",
    "404": "return 404;",
    "redirect": "return 301 https://mta-sts.good.test$request_uri;",
}
CONF = """
daemon off;
worker_processes 1;
pid {dir}/nginx.pid;
error_log {log} info;
events {{ worker_connections 256; }}
http {{
    log_format policy '$host $status $ssl_server_name';
    access_log {access} policy;
    client_body_temp_path {dir}/t1;
    proxy_temp_path {dir}/t2;
    fastcgi_temp_path {dir}/t3;
    uwsgi_temp_path {dir}/t4;
    scgi_temp_path {dir}/t5;
    server_names_hash_bucket_size 128;
    ssl_certificate {cert};
    ssl_certificate_key {cert};
{servers}
}}
"""
SERVER = """    server {{
        listen {address}:443 ssl;
        server_name {host};
        location = /.well-known/mta-sts.txt {{ {what} }}
    }}
"""


class Web:
    """Takes its addresses at once, its certificates when they are there."""

    def __init__(self, top, log_dir):
        self.dir, self.log_dir = os.path.join(top, "web"), log_dir
        os.makedirs(self.dir)
        self.addresses, self.bad = {}, []
        self.more = []  # functions that give servers in nginx's words
        for d in world.DOMAINS:
            if d.web in NGINX:
                self.addresses[d.name] = world.WEB
            elif d.web:
                self.bad.append(d)
                self.addresses[d.name] = "127.0.80.%d" % (10 + len(self.bad))

    def log(self, name):
        return os.path.join(self.log_dir, name + ".log")

    def configure(self, authority):
        good = [d for d in world.DOMAINS if d.web in NGINX]
        cert = authority.leaf("policy-hosts", [d.policy_host for d in good])
        servers = ""
        for d in good:
            file = proc.write("%s/%s.txt" % (self.dir, d.name), d.policy)
            servers += SERVER.format(address=world.WEB, host=d.policy_host,
                                     what=NGINX[d.web].format(file=file))
        servers += "".join(more(authority) for more in self.more)
        conf = proc.write(self.dir + "/nginx.conf", CONF.format(
            dir=self.dir, log=self.log("nginx"), cert=cert, servers=servers,
            access=self.log("nginx-access")))
        self.nginx = proc.Daemon("nginx", ["nginx", "-e", self.log("nginx"),
                                           "-p", self.dir, "-c", conf],
                                 self.log("nginx"),
                                 proc.listening(world.WEB, 443))
        rows = [self._bad_row(d, authority) for d in self.bad
                if d.web != "closed"]
        table = proc.write(self.dir + "/bad.json", json.dumps(rows))
        here = os.path.dirname(os.path.abspath(__file__))
        self.badweb = proc.Daemon(
            "badweb", [sys.executable, "-B", here + "/badweb.py", table],
            self.log("badweb"), proc.listening(rows[-1]["address"], 443))

    def _bad_row(self, d, authority):
        host = "mta-sts.elsewhere.test" if d.web == "wrongname" \
            else d.policy_host
        cert = authority.leaf(d.web, [host], expired=d.web == "expired",
                              selfsigned=d.web == "selfsigned")
        return {"address": self.addresses[d.name], "cert": cert,
                "kind": d.web, "policy": d.policy}

    def start(self):
        self.nginx.start(wait=False)
        self.badweb.start(wait=False)

    def wait_ready(self):
        self.nginx.wait_ready()
        self.badweb.wait_ready()

    def stop(self):
        self.nginx.stop()
        self.badweb.stop()

    def fetches(self, domain):
        """How often nginx was asked for a domain's policy."""
        lines = proc.read(self.log("nginx-access")).splitlines()
        return sum(line.startswith("mta-sts.%s " % domain) for line in lines)

    def late_fetches(self):
        """The same for badweb.py's late host."""
        return proc.read(self.log("badweb")).count("late GET")
