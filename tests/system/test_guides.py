"""The guides, as they are written: the command lines that they show are such; the pages that take a
site from nothing to the first message are walked, with their configuration and their commands.

In such a page a block ```toml is the configuration, ```sh are commands, and ```text behind them is
what the last one printed, where a line `...` stands for any others."""

import itertools
import os
import re
import shlex
import subprocess
import tomllib
import unittest
from glob import glob

from lab.gateway import ROOT, Gateway, binary
from lab.home_device import HomeDevice
from lab.process import free_port
from lab.sip_presence import Watch
from lab.world import HOME_PASSWORD, World

DOCS = os.path.join(ROOT, "docs")
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
REFUSED = re.compile(r"^  fix: isthmus .*--help", re.MULTILINE)  # not a command line of ours
UNFINISHED = re.compile(r": a command is missing|is required\n|required TEXT missing")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def command_of(line):
    """(words, what is read from) of a line of a shell that calls isthmus, else None."""
    line = re.sub(r"^(sudo )?(-u \w+ )?", "", line.strip())
    if not line.startswith("isthmus "):
        return None
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|<>;&")
    lexer.wordchars += "@:,[]{}$!+%^"
    words = list(lexer)
    end = next((n for n, word in enumerate(words) if set(word) <= set("|<>;&")), len(words))
    return words[1:end], words[end + 1] if words[end:end + 1] == ["<"] else None


class CommandLines(unittest.TestCase):
    """All of them in all pages; none needs a daemon for that."""

    def lines(self, path):
        """(line, whether it is whole: in running text it may be a command's name)"""
        text = read(path)
        for language, block in FENCE.findall(text):
            if language in ("", "sh"):
                for line in block.replace("\\\n", " ").splitlines():
                    yield line, True
        for line in re.findall(r"`(isthmus [^`\n]+)`", FENCE.sub("", text)):
            yield line, False

    def test_each_is_one(self):
        pages = [os.path.join(ROOT, "README.md"), *glob(f"{DOCS}/*.md"), *glob(f"{DOCS}/*/*.md")]
        seen, wrong = set(), ""
        for path in pages:
            for line, is_whole in self.lines(path):
                found = command_of(line)
                if not found or tuple(found[0]) in seen or "..." in line or "[" in line:
                    continue
                seen.add(tuple(found[0]))
                fault = self.fault(found[0])
                if fault and (is_whole or not UNFINISHED.search(fault)):
                    wrong += f"\n{os.path.relpath(path, ROOT)}: {line}\n{fault}"
        self.assertGreater(len(seen), 150)
        self.assertEqual(wrong, "")

    def fault(self, words):
        """What the program says of a line that it cannot read."""
        if words[0] == "serve":
            words = ["serve", "--config", "/nowhere", *words[3:]]
        done = subprocess.run(
            [binary(), "--server", "unix:/nowhere/admin.sock", "--dry-run", "--no-input", *words],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)
        return done.stderr if REFUSED.search(done.stderr) else ""


class Walk:
    """A page, walked."""

    def __init__(self, test, page, world):
        self.test, self.world = test, world
        self.page = os.path.join("docs", page)
        self.blocks = FENCE.findall(read(os.path.join(ROOT, self.page)))
        self.gateway = None
        self.as_written = {}  # what stands in the page: what it is here

    def start(self, target=None, peer=None, static=None):
        """With the page's configuration, except for what belongs to a machine: ports, files, DNS.
        `target` is where its SIP peer really is, `peer` what the table has besides."""
        tables = {}
        for language, block in self.blocks:
            if language == "toml":
                for name, content in tomllib.loads(block).items():
                    tables.setdefault(name, {}).update(content)
        sip = tables.pop("sip")
        peers = sip.get("peer", [])
        listen = []
        for address in sip["listen"]:
            transport, port = address.split(":", 1)[0], free_port()
            listen.append(f"{transport}:127.0.0.1:{port}")
            self.as_written[str(port)] = address.rsplit(":", 1)[1]
        static = dict(static or {})
        if target:
            written = peers[0]["target"].split(":")
            static[written[1]] = ["127.0.0.1"]
            peers[0] = {**peers[0], "target": f"{written[0]}:{written[1]}:{target}", **(peer or {})}
            self.as_written[str(target)] = written[2]
        tables.pop("tls", None)
        name = tables.pop("server")["name"]
        self.gateway = Gateway(
            self.world.bench, self.world.authority, sip["domains"], peers, static,
            {"server": {"name": name}, **tables}, sip_listen=listen).start()
        return self

    def walk(self):
        """All commands; each must succeed, and print what the page says."""
        said, count = "", 0
        for language, block in self.blocks:
            if language == "sh":
                for line in block.splitlines():
                    said, count = self.run(line), count + 1
            elif language == "text":
                self.compare(block, said)
        self.test.assertGreater(count, 3)

    def run(self, line):
        words, source = command_of(line)
        done = self.gateway.cli(*words, check=False,
                                stdin=HOME_PASSWORD + "\n" if source == "password" else None)
        self.test.assertEqual(done.returncode, 0, f"{self.page}: {line}\n{done.stdout}{done.stderr}")
        return done.stdout

    def compare(self, block, said):
        for here, written in self.as_written.items():
            said = re.sub(rf"\b{here}\b", written, said)
        lines, at = comparable(said), 0
        for is_gap, group in itertools.groupby(comparable(block), lambda line: line == "..."):
            wanted = list(group)
            if is_gap:
                continue
            found = next((n for n in range(at, len(lines) - len(wanted) + 1)
                          if lines[n:n + len(wanted)] == wanted), None)
            self.test.assertIsNotNone(
                found, f"{self.page} says\n" + "\n".join(wanted) + "\nbut it is\n" + said)
            at = found + len(wanted)


def comparable(text):
    """Lines without what differs from time to time."""
    text = re.sub(r"\b\d+ ms\b", "0 ms", text)
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


class Sites(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.stop)

    def lync(self, page):
        """The server is played by Kamailio: it has a certificate, and answers OPTIONS."""
        self.world.add_kamailio("tls")
        walk = Walk(self, page, self.world).start(
            self.world.kamailio.tls_port, {"certificate_names": ["sip.contoso.example"]})
        port = walk.gateway.sip_port("tls")
        self.world.kamailio.start(f"sip:127.0.0.1:{port};transport=tls")
        walk.walk()

    def test_skype_for_business_by_trusted_application(self):
        self.lync("sites/skype-for-business.md")

    def test_skype_for_business_by_edge(self):
        self.lync("sites/skype-for-business-edge.md")

    def test_lync_2013(self):
        self.lync("sites/lync-2013.md")

    def test_kamailio(self):
        self.world.add_kamailio("tcp").add_prosody()
        walk = Walk(self, "sites/kamailio.md", self.world)
        walk.start(self.world.kamailio.port, {"addresses": ["127.0.0.1"]},
                   self.world.announced())
        self.world.dns.xmpp_server("contoso.example", walk.gateway.xmpp_address[1])
        self.world.prosody.start()
        self.world.kamailio.start(f"sip:127.0.0.1:{walk.gateway.sip_port('tcp')};transport=tcp")
        walk.walk()
        self.by_printed_routes(walk.gateway)

    def by_printed_routes(self, gateway):
        """Kamailio with the routes that were printed, as they were: only the name of the gateway,
        which no DNS here knows, is replaced by its address."""
        kamailio, prosody = self.world.kamailio, self.world.prosody
        routes = gateway.cli("sip-peer", "create", "frontend").stdout
        routes = routes[routes.index("# Kamailio"):].replace(
            "sip:gateway.contoso.example:", "sip:127.0.0.1:")
        kamailio.stop()
        kamailio.start(f"sip:127.0.0.1:{gateway.sip_port('tcp')};transport=tcp", routes=routes)
        alice, romeo = self.world.sip_user("alice"), self.world.xmpp_user("romeo", prosody)
        self.assertEqual(alice.message("sip:romeo@fabrikam.example", "by routes").wait().code, 202)
        romeo.wait("message", body="by routes")
        romeo.send("alice@contoso.example", "and back")
        alice.wait_request(method="MESSAGE", where=lambda request: request.text == "and back")
        watch = Watch(alice, "sip:romeo@fabrikam.example")
        romeo.wait("presence", type="subscribe", bare="alice@contoso.example")
        romeo.approve("alice@contoso.example")
        watch.wait_basic("open")
        self.assertEqual(watch.refresh().code, 200)
        self.assertEqual(alice.message("sip:romeo@elsewhere.example", "?").wait().code, 404)

    def test_nothing_but_isthmus(self):
        walk = Walk(self, "home.md", self.world).start()
        walk.walk()
        device = self.world.bench.own(HomeDevice(
            "sip:alice@contoso.example", HOME_PASSWORD, "tls",
            proxy=walk.gateway.sip_address("tls"),
            tls=(None, self.world.authority.ca_file, "sip.contoso.example")))
        device.sign_in()
