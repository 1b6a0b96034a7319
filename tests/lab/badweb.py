#!/usr/bin/python3 -B
# SPDX-License-Identifier: ISC
"""Policy hosts that misbehave: one address each, as a table in JSON says
(web.py). Usage: badweb.py TABLE"""
import json
import socket
import ssl
import sys
import threading
import time

MUTE = "127.0.80.250"  # world.py says so too
OK = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


def framed(body, length=None):
    return (OK + "Content-Length: %d\r\nConnection: close\r\n\r\n"
            % (len(body) if length is None else length) + body).encode()


def normal(conn, body):
    conn.sendall(framed(body))


def unframed(conn, body):
    """The end of the body is the end of the connection: whoever cuts the
    connection cuts the policy (THREATS 0.1)."""
    conn.sendall((OK + "Connection: close\r\n\r\n" + body).encode())


def cut(conn, body):
    conn.sendall(framed(body, len(body) + 20))


def toolarge(conn, body):
    conn.sendall(framed(body + "x-filler: y\r\n" * 6000))


def hang(conn, _body):
    conn.settimeout(60)
    while conn.recv(1024):
        pass


def slow(conn, body):
    """One octet a second: no single read ever times out."""
    for octet in framed(body):
        conn.sendall(bytes([octet]))
        time.sleep(1)


def late(conn, body):
    print("late GET", flush=True)
    time.sleep(1.5)
    normal(conn, body)


SPEAK = {"expired": normal, "wrongname": normal, "selfsigned": normal,
         "unframed": unframed, "cut": cut, "toolarge": toolarge,
         "hang": hang, "slow": slow, "late": late}


def serve_one(raw, context, speak, body):
    try:
        raw.settimeout(10)
        with context.wrap_socket(raw, server_side=True) as conn:
            if conn.recv(4096):
                speak(conn, body)
    except OSError as e:  # ssl.SSLError is one; clients that refuse us are
        print(speak.__name__, e, flush=True)  # what this server is for


def serve(row):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(row["cert"])
    listener = socket.create_server((row["address"], 443), backlog=16)
    while True:
        raw, _ = listener.accept()
        threading.Thread(target=serve_one, daemon=True,
                         args=(raw, context, SPEAK[row["kind"]],
                               row["policy"])).start()


def be_mute(address):
    """Accepts connections and never says a word, TLS or other."""
    listener = socket.create_server((address, 443), backlog=1024)
    kept = []
    while True:
        kept.append(listener.accept())


def main():
    with open(sys.argv[1]) as f:
        rows = json.load(f)
    threads = [threading.Thread(target=serve, args=(r,)) for r in rows]
    threads.append(threading.Thread(target=be_mute, args=(MUTE,)))
    for t in threads:
        t.start()


main()
