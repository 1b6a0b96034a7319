# SPDX-License-Identifier: ISC
"""The cell the lab lives in: a mount, network, host-name and PID namespace of
its own, with its own /etc and /dev.

The outer process makes the directory, starts the cell and removes the
directory; whatever dies, the PID namespace takes every daemon with it.
"""
import fcntl
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile

import world

UNSHARE = ["unshare", "-m", "-n", "-u", "--pid", "--fork", "--kill-child",
           "--mount-proc", "--propagation", "private"]
SKIP = 77  # automake's word for a test that cannot run here


def refuse(why):
    """The lab cannot run here: skipped for a person, failed for CI."""
    ci = os.environ.get("CI") == "true"
    print("lab: %s%s" % (why, "" if ci else " (skipped)"), flush=True)
    sys.exit(1 if ci else SKIP)


def why_not():
    if os.geteuid() != 0:
        return "needs root, for namespaces and real mail servers"
    try:
        probe = subprocess.run(UNSHARE + ["true"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    except OSError as e:
        return "unshare: %s" % e
    if probe.returncode != 0:
        return "namespaces are not allowed here: " + probe.stderr.strip()
    return None


def outside():
    return "LAB_DIR" not in os.environ


def run_inside(keep):
    """Runs this very program again in a cell; returns its exit status."""
    reason = why_not()
    if reason:
        refuse(reason)
    top = tempfile.mkdtemp(prefix="stsgate-lab-")
    os.chmod(top, 0o755)  # user postfix walks through
    env = dict(os.environ, LAB_DIR=top)
    child = subprocess.Popen(UNSHARE + [sys.executable, "-B"] + sys.argv,
                             env=env)
    try:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        return child.wait()
    except KeyboardInterrupt:
        return 130
    finally:
        child.kill()
        child.wait()
        if keep:
            print("kept: " + top)
        else:
            shutil.rmtree(top, ignore_errors=True)


def be_init():
    """PID 1 of the cell only reaps; the lab is its child. Returns in it."""
    pid = os.fork()
    if pid == 0:
        return
    while True:
        done, status = os.wait()
        if done == pid:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def mount(*args):
    subprocess.run(["mount", *args], check=True)


def loopback_up():
    """ip link set lo up: SIOCGIFFLAGS, IFF_UP, SIOCSIFFLAGS."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(s, 0x8913, request))[1]
        fcntl.ioctl(s, 0x8914, struct.pack("16sH14x", b"lo", flags | 1))


def more_loopback(addresses):
    """ip addr add ADDRESS/32 dev lo, each under a label of its own:
    SIOCSIFADDR, SIOCSIFNETMASK."""
    def named(n, address):
        return struct.pack("16sHH4s8x", b"lo:%d" % n, socket.AF_INET, 0,
                           socket.inet_aton(address))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for n, address in enumerate(addresses):
            fcntl.ioctl(s, 0x8916, named(n, address))
            fcntl.ioctl(s, 0x891c, named(n, "255.255.255.255"))


def private_etc(top):
    """A copy of /etc that the lab may write into; Postfix's default
    configuration directory thereby becomes the relay's own."""
    etc = os.path.join(top, "etc")
    subprocess.run(["cp", "-a", "/etc/.", etc], check=True)
    for name in ("resolv.conf", "hosts"):
        path = os.path.join(etc, name)
        if os.path.lexists(path):
            os.unlink(path)
    with open(os.path.join(etc, "resolv.conf"), "w") as f:
        f.write("nameserver 127.0.0.1\noptions trust-ad edns0\n")
    with open(os.path.join(etc, "hosts"), "w") as f:
        f.write("127.0.0.1 localhost\n127.0.0.2 relay.lab.test relay\n"
                "127.0.0.3 smrelay.lab.test smrelay\n")
    mount("--bind", etc, "/etc")


def private_dev(top):
    """/dev of our own, so that /dev/log can be ours: Sendmail logs nowhere
    else."""
    dev = os.path.join(top, "dev")
    os.mkdir(dev)
    mount("-t", "tmpfs", "-o", "mode=755", "lab", dev)
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        path = os.path.join(dev, name)
        open(path, "w").close()
        mount("--bind", "/dev/" + name, path)
    for name in ("pts", "shm"):
        path = os.path.join(dev, name)
        os.mkdir(path)
        if os.path.isdir("/dev/" + name):
            mount("--bind", "/dev/" + name, path)
    os.symlink("/proc/self/fd", os.path.join(dev, "fd"))
    for n, name in enumerate(("stdin", "stdout", "stderr")):
        os.symlink("/proc/self/fd/%d" % n, os.path.join(dev, name))
    mount("--move", dev, "/dev")


def settle():
    """To be called once inside. Returns the lab's directory."""
    top = os.environ["LAB_DIR"]
    be_init()
    socket.sethostname("relay.lab.test")
    loopback_up()
    more_loopback(world.ROOT)
    private_etc(top)
    private_dev(top)
    os.environ.update(LC_ALL="C.UTF-8", TZ="UTC0")
    return top
