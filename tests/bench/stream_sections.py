"""What is measured of streams between servers: handshakes, memory, many partners, attackers, and
whether one partner's flood delays another."""
import collections
import json
import os
import queue
import subprocess
import sys
import tempfile
import time

from daemon import Daemon, many_descriptors
from generator import Failure, on_core

CONFIGURATION = """
[server]
name = "gateway.contoso.example"
state_dir = "{folder}"
[sip]
listen = ["udp:127.0.0.1:0"]
domains = ["contoso.example"]
[[sip.peer]]
name = "bench"
kind = "simple"
target = "udp:127.0.0.1:{sip}"
domains = ["contoso.example"]
addresses = ["127.0.0.1"]
[xmpp]
listen = ["127.0.0.1:0"]
[dns.static]
{names}
[tls]
trust = "none"
extra_ca_files = ["{certificates}/ca.pem"]
certificate_file = "{certificates}/gateway.pem"
private_key_file = "{certificates}/gateway.key"
[admin]
listen = []
[metrics]
listen = ""
"""


FAIRNESS_TURNS = 7
CPU_TURNS = 3


class Helper:
    """bench_streams with one command: lines in, JSON out."""

    def __init__(self, programs, core, *arguments):
        self.command = [*on_core(core), f"{programs}/bench_streams", *map(str, arguments)]
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        preexec_fn=many_descriptors)

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failure(f"{' '.join(self.command[:6])}: {self.process.stderr.read()[-500:]}")
        return json.loads(line)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.read()

    def end(self):
        """What it says at the end of its input."""
        said = self.process.communicate(timeout=60)[0]
        return json.loads(said.splitlines()[-1]) if said.strip() else None

    def stop(self):
        self.process.kill()
        self.process.communicate()


class StreamGateway(Daemon):
    """A gateway with the partners p0 to pN.partners.example, which are all behind one port."""

    def __init__(self, binary, certificates, core, partners, server=1, sip=1, together=1000):
        self.binary = binary
        self.folder = tempfile.TemporaryDirectory(prefix="bench-isthmus-")
        names = "\n".join(
            f'"_xmpp-server._tcp.p{i}.partners.example" = ["0 0 {server} x.partners.example"]'
            for i in range(partners))
        with open(f"{self.folder.name}/isthmus.toml", "w") as out:
            out.write(CONFIGURATION.format(
                folder=self.folder.name, sip=sip, certificates=certificates,
                names=f'{names}\n"x.partners.example" = ["127.0.0.1"]'))
        command = [*on_core(core), binary, "serve", "--config",
                   f"{self.folder.name}/isthmus.toml"]
        self.said = collections.deque(maxlen=20)
        listeners = self.run(command, self.said.append, preexec_fn=many_descriptors)
        if listeners is None:
            self.stop()
            raise Failure(f"the gateway did not start: {''.join(self.said)}")
        self.xmpp = int(listeners["xmpp"][0].rsplit(":", 1)[1])
        self.sip = int(listeners["sip"][0].rsplit(":", 1)[1])
        self.tell("access-edge", "set", "--allow-federated-users", "true")
        self.tell("policy", "set", "global", "--enable-federation-access", "true",
                  "--enable-xmpp-access", "true")
        self.tell("gateway", "set", "--connection-limit", "100000",
                  "--partner-connection-limit", "100000")
        for first in range(0, partners, together):  # a partner has at most 1,000 domains
            domains = [f"p{i}.partners.example"
                       for i in range(first, min(first + together, partners))]
            self.tell("partner", "create", domains[0], "--partner-type", "Federated",
                      "--connection-limit", "100000",
                      *(("--additional-domains", ",".join(domains[1:])) if len(domains) > 1 else ()))

    def tell(self, *words):
        done = subprocess.run([self.binary, "--server", f"unix:{self.folder.name}/admin.sock",
                               *words], capture_output=True, text=True)
        if done.returncode != 0:
            raise Failure(f"{' '.join(words)[:200]}: {done.stdout}{done.stderr}")

    def stop(self):
        self.end_at_once()
        self.folder.cleanup()


class StreamSections:
    """Of plan.Bench."""

    def streams(self):
        self.say("Streams between servers")
        for part in (self._handshakes, self._partners, self._idle, self._attackers, self._fairness):
            try:
                part()
            except (Failure, OSError, queue.Empty, subprocess.TimeoutExpired) as failure:
                self.failures.append(f"streams: {failure}")
                self.say(f"  failed: {failure}")

    def _files(self, owner):
        return [f"{self.folder}/{owner}.pem", f"{self.folder}/{owner}.key", f"{self.folder}/ca.pem"]

    def _helper(self, *arguments):
        return Helper(self.programs, 1, *arguments)

    def _stream_gateway(self, partners, **more):
        return StreamGateway(self.binary, self.folder, 0, partners, **more)

    def _floor_times(self, resumes):
        helper = self._helper("floor", self.sizes.handshakes, int(resumes),
                              *self._files("gateway"), *self._files("partners"))
        times = helper.read()
        helper.end()
        if times["resumed"] != (self.sizes.handshakes if resumes else 0):
            raise Failure(f"floor: {times['resumed']} handshakes resumed")
        return times

    def _floor_of_links(self, port, resumes):
        """The same links, octet for octet hardly different, over OpenSSL and blocking sockets:
        a handshake is some of what a link costs, the more so when it is resumed."""
        count = self.sizes.partner_links
        # On the gateway's core: waking the other core costs what it costs the gateway.
        helper = Helper(self.programs, 0, "links", port, count, int(resumes),
                        *self._files("gateway"))
        times = helper.read()
        helper.end()
        if times["resumed"] != count * resumes:
            raise Failure(f"floor: {times['resumed']} links resumed")
        return times["client_us"]

    def _handshakes(self):
        """CPU of the whole process for a connection with two headers and one mutual handshake,
        beside OpenSSL's own for the handshake alone. Each in turns, of which the cheapest counts:
        what else the machine does makes them dearer, never cheaper."""
        gateway = self._stream_gateway(1)
        try:
            full = None
            for resumes, words in ((False, "full"), (True, "resumed")):
                turns = [self._handshake_turn(gateway, resumes, full) for _ in range(CPU_TURNS)]
                ours, floor = (min(turn[key] for turn in turns) for key in ("cpu_us", "floor_us"))
                full = full or floor
                self.facts[f"handshakes in, {words}"] = turns
                self.say(f"  in, {words}: {ours:.0f} us each, OpenSSL alone {floor:.0f} us,"
                         f" {turns[-1]['resumed']} resumed")
                self.budget(f"Handshakes/s on one core, inbound, {words}", 1e6 / ours, None)
                self.budget(f"Handshakes inbound, {words}: OpenSSL's CPU / ours",
                            floor / ours, 0.8, at_least=True)
        finally:
            gateway.stop()

    def _handshake_turn(self, gateway, resumes, full):
        floor = self._floor_times(resumes)["server_us"]
        before = gateway.cpu_seconds()
        helper = self._helper("handshakes", gateway.xmpp, self.sizes.handshakes, 8,
                              int(resumes), *self._files("partners"))
        reading = helper.read()
        helper.end()
        if reading["failed"]:
            raise Failure(f"{reading['failed']} handshakes failed")
        share = reading["resumed"] / self.sizes.handshakes
        if not (0.9 < share <= 1 if resumes else share == 0):
            raise Failure(f"{reading['resumed']} handshakes resumed")
        # Now and then we want keys proved again: that is a full handshake.
        return {**reading,
                "cpu_us": (gateway.cpu_seconds() - before) * 1e6 / self.sizes.handshakes,
                "floor_us": share * floor + (1 - share) * (full or floor)}

    def _partners(self):
        """Partners are called at once, from cold, each with a message waiting; and once more when
        all streams have been cut."""
        count = self.sizes.partner_links
        turns = [self._partner_turn(count) for _ in range(CPU_TURNS)]
        for words in ("full", "resumed"):
            readings = [turn[words] for turn in turns]
            ours, floor, seconds = (min(reading[key] for reading in readings)
                                    for key in ("cpu_us", "floor_us", "seconds"))
            self.facts[f"partners, {words}"] = readings
            self.say(f"  out, {words}: {count} links in {seconds:.2f} s,"
                     f" {readings[-1]['resumed']} resumed, {ours:.0f} us each, OpenSSL alone"
                     f" {floor:.0f} us")
            if words == "full":
                self.budget(f"{count:,} partner links from cold, s", seconds, 20)
            self.budget(f"Handshakes/s on one core, outbound, {words}", 1e6 / ours, None)
            self.budget(f"Handshakes outbound, {words}: OpenSSL's CPU / ours", floor / ours,
                        0.8, at_least=True)

    def _partner_turn(self, count):
        server = self._helper("serve", *self._files("partners"))
        port = server.read()["port"]
        gateway = self._stream_gateway(count, server=port)
        made = {}
        try:
            sip = _Caller(gateway.sip)
            for words in ("full", "resumed"):
                floor = self._floor_of_links(port, words == "resumed")
                server.ask("drop")
                reading = self._called(server, gateway, sip, count)
                if reading["resumed"] != (words == "resumed") * count:
                    raise Failure(f"of {count} partners: {reading}")
                made[words] = {**reading, "floor_us": floor}
        finally:
            gateway.stop()
            server.stop()
        return made

    @staticmethod
    def _called(server, gateway, sip, count):
        """A message to each partner, that many under way; afterwards all streams are gone."""
        before, was = gateway.cpu_seconds(), server.ask("")
        start = time.monotonic()
        answered = sip.send_to(count, 60)
        seconds = time.monotonic() - start
        if answered < count:
            raise Failure(f"{answered} of {count} messages to partners were answered")
        state = server.ask(str(was["messages"] + count))
        cpu_us = (gateway.cpu_seconds() - before) * 1e6 / count
        server.ask("drop")
        gateway.tell("status")  # answered behind the ends of the streams
        return {**{key: state[key] - was[key] for key in state}, "seconds": seconds,
                "cpu_us": cpu_us}

    def _idle(self):
        count = self.sizes.idle_streams
        gateway = self._stream_gateway(count)
        try:
            warm = self._helper("handshakes", gateway.xmpp, 200, 8, 0, *self._files("partners"))
            warm.read()
            warm.end()
            before = gateway.kilobytes()
            helper = self._helper("hold", gateway.xmpp, count, *self._files("partners"))
            reading = helper.read()
            if reading["failed"]:
                raise Failure(f"{reading['failed']} streams did not come up")
            gateway.tell("status")  # answered behind all that the streams have brought
            each = (gateway.kilobytes() - before) / count
            helper.stop()
            self.say(f"  {count} idle streams: {each:.1f} KiB each")
            self.budget("Memory of an idle authenticated stream with TLS, KiB", each, 60)
        finally:
            gateway.stop()

    def _attackers(self):
        count = self.sizes.attackers
        gateway = self._stream_gateway(2)
        try:
            attack = self._helper("attack", gateway.xmpp, count)
            opened = attack.read()["open"]
            times = []
            for _ in range(10):
                helper = self._helper("hold", gateway.xmpp, 1, *self._files("partners"))
                reading = helper.read()
                if reading["failed"]:
                    raise Failure("the partner did not get through")
                times.append(reading["seconds"])
                helper.stop()
            said = attack.ask("")
            attack.stop()
            self.facts["attackers"] = {"opened": opened, **said, "times": times}
            self.say(f"  {said['open']} half-open connections, {said['calls']} calls: a partner"
                     f" needs {max(times):.2f} s")
            self.budget(f"{count:,} half-open attackers: longest of 10 connections of a partner, s",
                        max(times), 2)
        finally:
            gateway.stop()

    def _fairness(self):
        """The latency of a partner that sends 200 messages/s, alone and beside a flood on two
        streams: in turns, of which the best of each counts. What the flood does to him it does in
        every turn; what else the machine does only ever makes one worse. The generator's core is
        as busy without the flood."""
        helper = self._helper("traffic", *self._files("partners"))
        gateway = self._stream_gateway(3, sip=helper.read()["sip"], together=1)
        try:
            helper.ask(f"connect {gateway.xmpp}")
            seconds = self.sizes.fairness_seconds
            helper.ask("pace 2 200")
            alone, flooded = [], []
            for _ in range(max(self.sizes.rounds, FAIRNESS_TURNS)):
                with _BusyCore(1):
                    alone.append(helper.ask(f"pace {seconds} 200"))
                helper.ask("flood")
                flooded.append(helper.ask(f"pace {seconds} 200"))
                helper.ask("quiet")
            self.facts["fairness"] = {"alone": alone, "flooded": flooded}
            p99 = [min(r["p99_us"] for r in readings) for readings in (alone, flooded)]
            rate = flooded[-1]["flooded"] / flooded[-1]["seconds"]
            self.say(f"  p99 {p99[0]:.0f} us alone, {p99[1]:.0f} us beside a flood of {rate:,.0f}/s")
            self.budget("99th percentile of a partner, beside a flood of another / alone",
                        p99[1] / p99[0], 1.2)
        finally:
            gateway.stop()
            helper.stop()


class _BusyCore:
    """Keeps a core busy with what gives way to everybody, as the threads that flood do: a machine
    that is shared treats busy cores and idle ones differently."""

    def __init__(self, core):
        self.command = [*on_core(core), sys.executable, "-c", "while True: pass"]

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command,
            preexec_fn=lambda: os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0)))

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class _Caller:
    """A SIP system that sends one MESSAGE to each partner and counts the answers."""

    def __init__(self, port):
        import socket
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.to = ("127.0.0.1", port)
        self.round = 0

    def send_to(self, count, patience):
        self.round += 1
        waiting = {i: self._message(i) for i in range(count)}
        until = time.monotonic() + patience
        while waiting and time.monotonic() < until:
            for text in waiting.values():
                self.socket.sendto(text, self.to)
            again = time.monotonic() + 4  # as a retransmission, for what the kernel dropped
            while waiting and time.monotonic() < again:
                self.socket.settimeout(max(again - time.monotonic(), 0.001))
                try:
                    response = self.socket.recv(65536).decode()
                except TimeoutError:
                    break
                if response.split(" ", 2)[1] >= "200":
                    number = int(response.split("Call-ID: c", 1)[1].split("@", 1)[0])
                    waiting.pop(number, None)
        return count - len(waiting)

    def _message(self, number):
        port = self.socket.getsockname()[1]
        return (f"MESSAGE sip:u@p{number}.partners.example SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{number}x{port}x{self.round}\r\n"
                f"From: <sip:bench@contoso.example>;tag=1\r\n"
                f"To: <sip:u@p{number}.partners.example>\r\n"
                f"Call-ID: c{number}@bench{self.round}\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\n"
                "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello").encode()
