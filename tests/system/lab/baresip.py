"""baresip, a real SIP client of Debian's, driven through its ctrl_tcp module.

With `presence` it publishes its user's status (RFC 3903) and watches the contact (RFC 3856) from
about a second after its start.
"""

import json
import os
import socket
import subprocess
import threading

from .process import PATIENCE, LabError, Process, accepts, find_program, free_port, wait_until

MODULES = "/usr/lib/baresip/modules"

CONFIG = """
module_path {modules}
sip_listen 127.0.0.1:{sip}
sip_cafile {ca}
ctrl_tcp_listen 127.0.0.1:{control}
audio_buffer 20-160
module account.so
module contact.so
module menu.so
module ctrl_tcp.so
module stdio.so
{presence}
"""
PRESENCE_MODULE = "module presence.so"


class Baresip:
    """One running baresip with one registered account, writing to one contact."""

    def __init__(self, bench, uri, contact, proxy_port, ca_file, transport="tcp", name=None,
                 presence=False, password="secret"):
        self.uri = uri
        self.events = []
        self._arrived = threading.Condition()
        self._token = 0
        user = uri.split(":", 1)[1].split("@")[0]
        directory = bench.subdirectory(f"baresip-{user}")
        self.port, self._control_port = free_port(), free_port()
        with open(os.path.join(directory, "config"), "w", encoding="utf-8") as config:
            modules = [line for line in CONFIG.splitlines(True)
                       if not line.startswith("module ")
                       or os.path.exists(os.path.join(MODULES, line.split()[1]))]
            config.write("".join(modules).format(
                modules=MODULES, sip=self.port, ca=ca_file, control=self._control_port,
                presence=PRESENCE_MODULE if presence else ""))
        with open(os.path.join(directory, "accounts"), "w", encoding="utf-8") as accounts:
            accounts.write(
                f'"{name or user.title()}" <{uri};transport={transport}>;auth_pass={password}'
                f';outbound="sip:127.0.0.1:{proxy_port};transport={transport}";regint=600'
                + (";pubint=600\n" if presence else "\n"))
        with open(os.path.join(directory, "contacts"), "w", encoding="utf-8") as contacts:
            contacts.write(f'"{contact}" <{contact}>' + (";presence=p2p\n" if presence else "\n"))
        with open(os.path.join(directory, "current_contact"), "w", encoding="utf-8") as current:
            current.write(contact)
        self.process = bench.own(Process(f"baresip-{user}",
                                         [find_program("baresip"), "-f", directory], directory,
                                         stdin=subprocess.PIPE))  # stdio shows what comes in
        self.process.wait_ready(lambda: accepts(self._control_port), PATIENCE,
                                "baresip's control port")
        self._socket = socket.create_connection(("127.0.0.1", self._control_port))
        bench.own(self)
        threading.Thread(target=self._read, daemon=True).start()
        self.process.wait_ready(lambda: "[1 binding]" in self.process.output(), PATIENCE,
                                "baresip's registration")

    def send(self, text):
        """Sends a MESSAGE to the contact, as if the user had typed it."""
        self.command("message", text)

    def command(self, name, parameters=""):
        self._token += 1
        data = json.dumps({"command": name, "params": parameters, "token": str(self._token)})
        self._socket.sendall(f"{len(data.encode())}:{data},".encode())
        token = str(self._token)
        return self._wait(lambda e: e.get("response") and e.get("token") == token, PATIENCE,
                          f"the response to {name}")

    def wait_message(self, text, seconds=PATIENCE):
        """Waits until it shows this text to its user; returns the line."""
        return self.process.wait_ready(
            lambda: next((line for line in self.process.output().splitlines()
                          if line.endswith(f'"{text}"')), None), seconds, f"a message {text!r}")

    def set_online(self, online):
        """Its user's status; a change is published."""
        self.command("presence_online" if online else "presence_offline")

    def wait_contact_status(self, status, seconds=PATIENCE):
        """Until it shows this of the contact: Unknown, Online, Offline or Busy."""
        wait_until(lambda: f"{status}\x1b" in self.command("contacts")["data"],  # it is coloured
                   seconds, f"{self.uri} to show the contact as {status}")

    def stop(self):
        self._socket.close()

    def _wait(self, condition, seconds, what):
        with self._arrived:
            found = self._arrived.wait_for(
                lambda: next(filter(condition, self.events), None), timeout=seconds)
        if not found:
            raise LabError(f"baresip did not report {what}; events: {self.events[-4:]}\n"
                           f"{self.process.tail()}")
        return found

    def _read(self):
        # Netstrings: LENGTH:JSON,
        data = b""
        while True:
            try:
                piece = self._socket.recv(65536)
            except OSError:
                return
            if not piece:
                return
            data += piece
            while b":" in data:
                length, _, rest = data.partition(b":")
                if len(rest) <= int(length):
                    break
                event, data = rest[: int(length)], rest[int(length) + 1 :]
                with self._arrived:
                    self.events.append(json.loads(event))
                    self._arrived.notify_all()
