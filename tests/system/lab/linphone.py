"""linphonec, a real SIP client of Debian's: one account, one friend whose presence it watches."""

import os
import re
import shutil
import subprocess

from .process import PATIENCE, Process

CONFIG = """
[sip]
sip_port=-1
sip_tcp_port=-1
sip_tls_port=-1
default_proxy=0
[rtp]
audio_rtp_port=-1
[proxy_0]
reg_proxy=<sip:127.0.0.1:{port};transport={transport}>
reg_route=<sip:127.0.0.1:{port};transport={transport};lr>
reg_identity=sip:{address}
reg_expires=600
reg_sendregister=1
publish=1
[auth_info_0]
username={user}
passwd={password}
realm={domain}
[friend_0]
url="{name}" <{friend}>
pol=accept
subscribe=1
"""


def linphone():
    """The program; None if it is not there."""
    return shutil.which("linphonec")


class Linphone:
    """`address` signs in at that port of the gateway; what the user sees is in its output."""

    def __init__(self, bench, address, password, port, friend, transport="tcp", name="Romeo"):
        user, domain = address.split("@")
        directory = bench.subdirectory(f"linphone-{user}")
        # Without this directory it opens no sockets, and tells nobody.
        os.makedirs(os.path.join(directory, ".local", "share", "linphone"), exist_ok=True)
        config = os.path.join(directory, "linphonerc")
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(port=port, transport=transport, address=address, user=user,
                                     password=password, domain=domain, friend=friend, name=name))
        self.process = bench.own(Process(
            f"linphone-{user}", [linphone(), "-c", config], directory, stdin=subprocess.PIPE,
            env={**os.environ, "HOME": directory, "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": ""}))
        self.wait(r"Friend .* is Offline")  # signed in: the first NOTIFY has come

    def do(self, *words):
        self.process.popen.stdin.write((" ".join(words) + "\n").encode())
        self.process.popen.stdin.flush()

    def chat(self, to, text):
        self.do("chat", to, text)

    def wait(self, pattern, seconds=PATIENCE):
        """The first line of its output in which that is found."""
        return self.process.wait_ready(
            lambda: next((line for line in self.process.output().splitlines()
                          if re.search(pattern, line)), None), seconds, f"{pattern!r} of Linphone")
