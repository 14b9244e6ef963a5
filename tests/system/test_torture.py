"""RFC 4475 and RFC 5118 through real sockets, with the verdicts of their indices."""

import json
import os
import random
import socket
import ssl
import time

from base import OwnWorldTest

from lab.gateway import ROOT
from lab.process import PATIENCE, free_port
from lab.sip_message import SipMessage, StreamSplitter, new_branch

DATA = os.path.join(ROOT, "tests", "data")
# Without rport the response goes to the port of the Via's sent-by (RFC 3261 §18.2.2).
SENT_BY_PORTS = (5060, 5050, 6050, 19823)
ONLY_UDP = {"dblreq", "clerr"}  # a stream goes on behind the first, and waits for the second


def cases():
    for index in ("rfc4475-index.json", "rfc5118-index.json"):
        with open(os.path.join(DATA, index), encoding="utf-8") as file:
            for case in json.load(file)["cases"]:
                rule = case.get("gateway", case)
                responses = rule.get("responses", rule.get("gateway_responses"))
                with open(os.path.join(DATA, case["file"]), "rb") as raw:
                    yield (case["name"], case.get("kind", "request"), rule["verdict"],
                           responses if isinstance(responses, list) else [],
                           rule.get("headers", []), raw.read())


class Torture(OwnWorldTest):
    @classmethod
    def build(cls, world):
        # A whole range of addresses may speak for the branch, so that an address with the port
        # 5060 of its own can be found.
        world.add_branch("udp", address="127.7.0.1", addresses=["127.7.0.0/16"])
        # And whoever shows its certificate for another domain.
        world.add_peer("secure", f"tls:127.7.0.2:{free_port()}", ["secure.example"],
                       certificate_names=["sip.secure.example"])
        world.add_northwind().start()
        certificate = world.authority.issue("secure", ["sip.secure.example"])
        cls.tls = ssl.create_default_context(cafile=world.authority.ca_file)
        cls.tls.load_cert_chain(certificate.certificate, certificate.key)

    def test_over_udp(self):
        sockets = bind_everywhere()
        self.addCleanup(lambda: [s.close() for s in sockets])
        for name, kind, verdict, responses, headers, data in cases():
            self.assertTrue(self.gateway.process.running(), f"it died before {name}")
            with self.subTest(name):
                sockets[0].sendto(data, self.gateway.sip_address("udp"))
                answers = self.answers_until_ping(sockets)
                self.judge(kind, verdict, responses, headers, answers)
        self.assertTrue(self.gateway.process.running())

    def test_over_tcp(self):
        self.over_streams("tcp")

    def test_over_tls(self):
        self.over_streams("tls")

    def over_streams(self, transport):
        for name, kind, verdict, responses, headers, data in cases():
            if name in ONLY_UDP:
                continue
            self.assertTrue(self.gateway.process.running(), f"it died before {name}")
            with self.subTest(name):
                answers, closed = self.over_stream(transport, data)
                if closed and not answers and verdict in ("must-reject", "unspecified",
                                                          "may-reject", "discard"):
                    continue
                self.judge(kind, verdict, responses, headers, answers)
        self.assertTrue(self.gateway.process.running())

    def judge(self, kind, verdict, responses, headers, answers):
        final = [a for a in answers if a.code >= 200]
        if kind == "response" or verdict == "discard":
            self.assertEqual(answers, [])
            return
        if verdict == "unspecified" and not final:
            return  # without a Via there is nobody to answer
        self.assertEqual(len(final), 1, answers)
        code = final[0].code
        if responses and verdict in ("must-reject", "valid"):
            # Admission may come first: the messages speak for domains that are not ours.
            self.assertIn(code, responses if verdict == "must-reject" else {*responses, 403, 404})
        elif verdict == "valid":
            self.assertNotEqual(code, 400, final[0].reason)
        for header in headers:
            if code in responses:
                self.assertIsNotNone(final[0].get(header), f"{header} missing")

    def answers_until_ping(self, sockets):
        """Everything that comes until an OPTIONS of ours, sent afterwards, is answered."""
        ping = self.ping("UDP", sockets[0].getsockname())
        sockets[0].sendto(ping.encode(), self.gateway.sip_address("udp"))
        found, deadline = [], time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for sock in sockets:
                try:
                    message = SipMessage.parse(sock.recv(65535))
                except BlockingIOError:
                    continue
                if message.branch == ping.branch:
                    return found
                found.append(message)
            time.sleep(0.001)
        self.fail("the gateway no longer answers")

    def connect(self, transport):
        stream = socket.create_connection(self.gateway.sip_address(transport), PATIENCE,
                                          source_address=(random_address(), 0))
        if transport == "tls":
            stream = self.tls.wrap_socket(stream, server_hostname="gateway.contoso.example")
        return stream

    def over_stream(self, transport, data):
        """(answers, closed) of one message on a connection of its own."""
        with self.connect(transport) as sock:
            ping = self.ping(transport.upper(), sock.getsockname())
            answers, closed, splitter = [], False, StreamSplitter()
            try:
                sock.sendall(data)
                sock.sendall(ping.encode())
                sock.settimeout(PATIENCE)
                while not any(a.branch == ping.branch for a in answers):
                    received = sock.recv(65536)
                    if not received:
                        closed = True
                        break
                    answers += map(SipMessage.parse, splitter.feed(received))
            except TimeoutError:
                pass
            except OSError:
                closed = True
        return [a for a in answers if a.branch != ping.branch], closed

    @staticmethod
    def ping(transport, address):
        return SipMessage(method="OPTIONS", uri="sip:branch.example", headers=[
            ("Via", f"SIP/2.0/{transport} {address[0]}:{address[1]};branch={new_branch()};rport"),
            ("Max-Forwards", "70"), ("From", "<sip:bob@branch.example>;tag=p"),
            ("To", "<sip:branch.example>"), ("Call-ID", new_branch()), ("CSeq", "1 OPTIONS")])


def random_address():
    return f"127.7.{random.randrange(1, 255)}.{random.randrange(1, 255)}"


def bind_everywhere():
    """Sockets on all the ports answers may go to, on one address where they are all free."""
    while True:
        address, sockets = random_address(), []
        try:
            for port in SENT_BY_PORTS:
                sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                sockets.append(sock)
                sock.setblocking(False)
                sock.bind((address, port))
            return sockets
        except OSError:
            for sock in sockets:
                sock.close()
