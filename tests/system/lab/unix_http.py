"""HTTP over a unix socket, as the admin API is asked by local programs."""

import http.client
import socket

PATIENCE = 20  # seconds for one answer


class OverUnixSocket(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self.path)
