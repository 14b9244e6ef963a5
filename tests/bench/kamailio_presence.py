"""Kamailio with pua and pua_xmpp: the peer to compare for presence.

XMPP users subscribe, so that it sends SUBSCRIBE and knows the dialogs of the NOTIFYs which follow;
presence of theirs leaves it as PUBLISH. The generator plays both ends.
"""
import sqlite3
import subprocess

from generator import Failure
from kamailio import Kamailio

SCHEMA = "/usr/share/kamailio/db_sqlite"

# The SIP side is found by SRV, as pua resolves the domain of each user.
MODULES = """
loadmodule "ctl.so"
modparam("ctl", "binrpc", "unix:{control}")
loadmodule "db_sqlite.so"
loadmodule "pua.so"
loadmodule "pua_xmpp.so"
modparam("pua", "db_url", "sqlite:///{database}")
modparam("pua", "hash_size", 12)
modparam("pua", "outbound_proxy", "sip:127.0.0.1:{peer_port};transport=tcp")
modparam("pua_xmpp", "server_address", "sip:127.0.0.1:{sip_port};transport=tcp")
"""


class KamailioPresence(Kamailio):
    def __init__(self, programs, generator, pairs):
        self.pairs = pairs
        super().__init__("presence", programs, generator)
        self.name = "kamailio pua_xmpp"

    def modules(self, sip_port, generator):
        database = f"{self.folder.name}/pua.db"
        try:
            with sqlite3.connect(database) as store:
                for name in ("standard", "presence"):
                    with open(f"{SCHEMA}/{name}-create.sql") as script:
                        store.executescript(script.read())
        except (OSError, sqlite3.Error) as error:
            raise Failure(f"{self.name}: cannot make its database: {error}") from None
        return MODULES.format(database=database, sip_port=sip_port, control=self.control(),
                              peer_port=generator.ports["sip_tcp"])

    def control(self):
        return f"{self.folder.name}/control"

    def tell(self, *words):
        done = subprocess.run(["kamcmd", "-s", f"unix:{self.control()}", *words],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise Failure(f"{self.name}: {' '.join(words)}: {done.stdout}{done.stderr}")

    def meet(self, generator):
        self.tell("dns.add_srv", "_sip._tcp.contoso.example", "86400", "0", "0",
                  str(generator.ports["sip_tcp"]), "sip.contoso.example", "0")
        self.tell("dns.add_a", "sip.contoso.example", "86400", "127.0.0.1", "0")
        generator.must("ask", count=self.pairs, rate=500, granted=0, timeout=30)
        generator.must("await-dialogs", count=self.pairs, timeout=30)
