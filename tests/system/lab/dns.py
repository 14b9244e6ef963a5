"""A small DNS server on loopback that answers from a table (RFC 1035, SRV by RFC 2782).

The servers under test look up SRV records to find each other on the laboratory's ports. Names
that are not in the table do not exist; every answer has TTL 0, so a changed table counts at once.
"""

import ipaddress
import socket
import socketserver
import struct
import threading

TYPES = {"A": 1, "AAAA": 28, "SRV": 33}
TYPE_SOA = 6
FLAG_RESPONSE = 0x8480  # QR, AA, RA
FLAG_RECURSION_DESIRED = 0x0100
RCODE_NXDOMAIN = 3


class DnsServer:
    """Answers on UDP and TCP of one port; `queries` records what was asked."""

    def __init__(self, port, host="127.0.0.1"):
        self.host, self.port = host, port
        self.queries = []
        self._records = {}
        self.address("localhost", "127.0.0.1")
        self._servers = [_Udp((host, port), _UdpHandler), _Tcp((host, port), _TcpHandler)]
        for server in self._servers:
            server.zone = self
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def address(self, name, *addresses):
        """Gives `name` A and AAAA records, replacing earlier ones."""
        for kind, version in (("A", 4), ("AAAA", 6)):
            packed = [ipaddress.ip_address(a).packed for a in addresses
                      if ipaddress.ip_address(a).version == version]
            self._set(name, kind, packed)

    def srv(self, name, *targets):
        """Gives `name` SRV records; a target is (priority, weight, port, host)."""
        self._set(name, "SRV", [struct.pack("!HHH", *t[:3]) + _encode_name(t[3]) for t in targets])

    def xmpp_server(self, domain, port):
        """The records by which other servers find the XMPP server of `domain`.

        The target is localhost because ejabberd looks up targets through the C library, which
        knows that name and not us.
        """
        self.srv(f"_xmpp-server._tcp.{domain}", (0, 0, port, "localhost"))

    def remove(self, name):
        self._records.pop(name.lower().rstrip("."), None)

    def stop(self):
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def answer(self, query):
        """The response to one query message, or None if it is not one."""
        if len(query) < 12:
            return None
        ident, asked = struct.unpack_from("!HH", query)
        try:
            name, offset = _decode_name(query, 12)
            kind, dns_class = struct.unpack_from("!HH", query, offset)
        except (IndexError, struct.error, UnicodeDecodeError):
            return None
        question = query[12 : offset + 4]
        self.queries.append((name, kind))
        sets = self._records.get(name)
        answers = sets.get(kind, []) if sets and dns_class == 1 else []
        # RFC 1035 §4.1.1: RD is copied into the response; Erlang's resolver insists on it.
        flags = FLAG_RESPONSE | (asked & FLAG_RECURSION_DESIRED)
        flags |= 0 if sets is not None else RCODE_NXDOMAIN
        authority = b"" if answers else _no_such_record()
        header = struct.pack("!HHHHHH", ident, flags, 1, len(answers), 1 if authority else 0, 0)
        body = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 0, len(data)) + data
                        for data in answers)
        return header + question + body + authority

    def _set(self, name, kind, data):
        self._records.setdefault(name.lower().rstrip("."), {})[TYPES[kind]] = data


def _no_such_record():
    # RFC 2308 §5: the SOA's minimum is how long the absence may be remembered; we say 0.
    name = _encode_name("lab")
    numbers = struct.pack("!IIIII", 1, 60, 60, 60, 0)
    data = name + name + numbers
    return b"\x00" + struct.pack("!HHIH", TYPE_SOA, 1, 0, len(data)) + data


def _encode_name(name):
    labels = [label for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode("ascii") for label in labels) + b"\x00"


def _decode_name(data, offset):
    labels = []
    while data[offset]:
        length = data[offset]
        labels.append(data[offset + 1 : offset + 1 + length].decode("ascii").lower())
        offset += 1 + length
    return ".".join(labels), offset + 1


class _Udp(socketserver.ThreadingUDPServer):
    daemon_threads = True


class _Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class _UdpHandler(socketserver.BaseRequestHandler):
    def handle(self):
        query, sock = self.request
        response = self.server.zone.answer(query)
        if response:
            sock.sendto(response, self.client_address)


class _TcpHandler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.settimeout(5)
        try:
            while True:
                head = self.request.recv(2, socket.MSG_WAITALL)
                if len(head) < 2:
                    return
                query = self.request.recv(struct.unpack("!H", head)[0], socket.MSG_WAITALL)
                response = self.server.zone.answer(query)
                if response:
                    self.request.sendall(struct.pack("!H", len(response)) + response)
        except OSError:
            return
