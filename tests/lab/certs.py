# SPDX-License-Identifier: ISC
"""A certificate authority for the lab, by openssl(1)."""
import os

import proc

CONFIG = """
[ca]
default_ca = lab
[lab]
dir = {dir}
database = $dir/index.txt
new_certs_dir = $dir
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
copy_extensions = none
[any]
commonName = supplied
[req]
distinguished_name = dn
prompt = no
[dn]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
"""


class Authority:
    """All leaves share one key: the lab tests names and dates, not keys."""

    def __init__(self, top, name="certs"):
        self.dir = os.path.join(top, name)
        self.config = proc.write(self.path("openssl.cnf"),
                                 CONFIG.format(dir=self.dir))
        proc.write(self.path("index.txt"), "")
        self.ca, self.key = self.path("ca.pem"), self.path("leaf.key")
        self._key(self.path("ca.key"))
        self._key(self.key)
        proc.tool("openssl", "req", "-x509", "-new", "-config", self.config,
                  "-extensions", "root", "-key", self.path("ca.key"),
                  "-subj", "/CN=Lab CA", "-days", "30", "-out", self.ca)
        proc.tool("openssl", "req", "-new", "-config", self.config, "-key",
                  self.key, "-subj", "/CN=lab", "-out", self.path("leaf.csr"))

    def path(self, name):
        return os.path.join(self.dir, name)

    def _key(self, path):
        proc.tool("openssl", "ecparam", "-genkey", "-noout",
                  "-name", "prime256v1", "-out", path)

    def leaf(self, name, hosts, expired=False, selfsigned=False,
             future=False, common_name="lab", chain=False):
        """Makes NAME.pem (key and chain) and returns its path. Without hosts
        it has no DNS-ID; with chain the CA is sent too."""
        ext = proc.write(self.path(name + ".ext"), "subjectAltName = " +
                         ",".join("DNS:" + h for h in hosts) + "\n"
                         if hosts else "basicConstraints = CA:FALSE\n")
        out = self.path(name + ".crt")
        if selfsigned:
            proc.tool("openssl", "x509", "-req", "-in",
                      self.path("leaf.csr"), "-signkey", self.key, "-days",
                      "30", "-extfile", ext, "-out", out)
        else:
            when = (["-startdate", "20240101000000Z",
                     "-enddate", "20240201000000Z"] if expired
                    else ["-startdate", "20400101000000Z",
                          "-enddate", "20400201000000Z"] if future
                    else ["-days", "30"])
            proc.tool("openssl", "ca", "-batch", "-notext", "-config",
                      self.config, "-cert", self.ca, "-keyfile",
                      self.path("ca.key"), "-in", self.path("leaf.csr"),
                      "-subj", "/CN=" + common_name, "-extfile", ext,
                      "-out", out, *when)
        return proc.write(self.path(name + ".pem"), proc.read(self.key) +
                          proc.read(out) +
                          (proc.read(self.ca) if chain else ""), 0o600)

    def key_digest(self, digest="sha256"):
        """Of the leaves' public key: what TLSA says with selector 1."""
        return self._digest(digest, "pkey", "-in", self.key, "-pubout")

    def ca_digest(self):
        """Of the CA's certificate: what TLSA says with selector 0."""
        return self._digest("sha256", "x509", "-in", self.ca)

    def _digest(self, digest, *what):
        der = self.path("digest.der")
        proc.tool("openssl", *what, "-outform", "DER", "-out", der)
        return proc.tool("openssl", "dgst", "-r", "-" + digest,
                         der).split()[0]
