# SPDX-License-Identifier: ISC
"""A headless Chromium, by the WebDriver protocol: pages as they are seen."""
import base64
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ARGS = ["--headless=new", "--no-sandbox", "--disable-gpu",
        "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
        "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--proxy-server=127.0.0.1:9"]


def missing():
    """What is lacking, or None."""
    for program in ("chromedriver", "chromium"):
        if shutil.which(program) is None:
            return program
    return None


class Browser:
    def __init__(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.profile = tempfile.TemporaryDirectory(prefix="chromium-")
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=%d" % self.port],
            env=dict(os.environ, TMPDIR=self.profile.name),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.session = ""
        try:
            self._wait_ready()
            self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self):
        options = {"args": ARGS + ["--user-data-dir=" + self.profile.name],
                   "binary": shutil.which("chromium")}
        self.session = "/session/" + self._call("POST", "/session", {
            "capabilities": {"alwaysMatch": {
                "goog:chromeOptions": options}}})["sessionId"]

    def _wait_ready(self):
        for _ in range(300):
            try:
                self._call("GET", "/status")
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise RuntimeError("chromedriver does not answer")

    def _call(self, method, path, body=None):
        request = urllib.request.Request(
            "http://127.0.0.1:%d%s%s" % (self.port, self.session, path),
            method=method, headers={"Content-Type": "application/json"},
            data=None if body is None else json.dumps(body).encode())
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def _devtools(self, command, **params):
        return self._call("POST", "/goog/cdp/execute",
                          {"cmd": command, "params": params})

    def show(self, path, width, height, scheme, phone=False):
        self._devtools("Emulation.setDeviceMetricsOverride", width=width,
                       height=height, mobile=phone,
                       deviceScaleFactor=2 if phone else 1)
        self._devtools("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme}])
        self._call("POST", "/url", {"url": "file://" + path})

    def run(self, script):
        return self._call("POST", "/execute/sync",
                          {"script": script, "args": []})

    def picture(self, path):
        shot = self._devtools("Page.captureScreenshot",
                              captureBeyondViewport=True)
        with open(path, "wb") as f:
            f.write(base64.b64decode(shot["data"]))

    def close(self):
        try:
            if self.session:
                self._call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait(30)
            self.profile.cleanup()
