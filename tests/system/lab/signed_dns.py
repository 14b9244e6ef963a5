"""A DNS server whose names below one zone are signed (RFC 4034), by the openssl program.

What is not there is denied by an NSEC record that is made on the spot (RFC 4470). Everything else is
as in dns.py, unsigned.
"""

import base64
import os
import struct
import subprocess
import tempfile

from .dns import DnsServer, FLAG_RESPONSE, TYPE_SOA, TYPES, _decode_name, _encode_name

TYPE_RRSIG, TYPE_NSEC, TYPE_DNSKEY = 46, 47, 48
ED25519 = 15  # RFC 8080 §5
FROM, UNTIL = 1577836800, 3471292800  # 2020 to 2080: no clock is asked
TTL = 60
TYPES["TLSA"] = 52


class SignedDnsServer(DnsServer):
    """`anchor_file` is what a validating resolver has to be given."""

    def __init__(self, port, zone, directory):
        self.zone = zone
        self._key = os.path.join(directory, "zone.key")
        _openssl("genpkey", "-algorithm", "ED25519", "-out", self._key)
        # The last 32 octets of a SubjectPublicKeyInfo are the key (RFC 8410 §4).
        public = _openssl("pkey", "-in", self._key, "-pubout", "-outform", "DER")[-32:]
        self._dnskey = struct.pack("!HBB", 257, 3, ED25519) + public
        self.anchor_file = os.path.join(directory, "zone.anchor")
        with open(self.anchor_file, "w", encoding="ascii") as file:
            file.write(f"{zone}. IN DNSKEY 257 3 {ED25519} {base64.b64encode(public).decode()}\n")
        super().__init__(port)

    def tlsa(self, name, usage, selector, matching, data):
        self._set(name, "TLSA", [bytes((usage, selector, matching)) + data])

    def answer(self, query):
        plain = super().answer(query)
        if plain is None:
            return None
        name, offset = _decode_name(query, 12)
        kind = struct.unpack_from("!H", query, offset)[0]
        if name != self.zone and not name.endswith("." + self.zone):
            return plain
        found = [self._dnskey] if (name, kind) == (self.zone, TYPE_DNSKEY) else \
            self._records.get(name, {}).get(kind, [])
        answers, authorities = (self._signed(name, kind, found), []) if found else \
            ([], self._denial(name))
        # RFC 6891 §6.1: signatures were asked for, and there is room for them.
        options = b"\x00" + struct.pack("!HHIH", 41, 4096, 0x8000, 0)
        return (query[:2] + struct.pack("!HHHHH", FLAG_RESPONSE | 0x0100, 1, len(answers),
                                        len(authorities), 1)
                + query[12:offset + 4] + b"".join(answers + authorities) + options)

    def _denial(self, name):
        soa = _encode_name(self.zone) * 2 + struct.pack("!IIIII", 1, 60, 60, 60, 0)
        nothing_but_this = b"\x00\x06\x00\x00\x00\x00\x00\x03"
        nsec = b"\x01\x00" + _encode_name(name) + nothing_but_this
        return self._signed(self.zone, TYPE_SOA, [soa]) + self._signed(name, TYPE_NSEC, [nsec])

    def _signed(self, name, kind, datas):
        """The records of a set and their signature."""
        records = [_record(name, kind, data) for data in sorted(datas)]
        labels = len(name.split("."))
        head = struct.pack("!HBBIIIH", kind, ED25519, labels, TTL, UNTIL, FROM, self._tag()) \
            + _encode_name(self.zone)
        with tempfile.NamedTemporaryFile(dir=os.path.dirname(self._key)) as file:
            file.write(head + b"".join(records))
            file.flush()
            signature = _openssl("pkeyutl", "-sign", "-inkey", self._key, "-rawin", "-in",
                                 file.name)
        return records + [_record(name, TYPE_RRSIG, head + signature)]

    def _tag(self):
        """RFC 4034 appendix B."""
        total = sum(octet if i & 1 else octet << 8 for i, octet in enumerate(self._dnskey))
        return (total + (total >> 16)) & 0xFFFF


def _record(name, kind, data):
    return _encode_name(name) + struct.pack("!HHIH", kind, 1, TTL, len(data)) + data


def _openssl(*arguments):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True).stdout
