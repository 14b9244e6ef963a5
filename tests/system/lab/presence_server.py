"""Kamailio's presence server for the SIP users: what kamailio.py adds to its configuration for it.

Statuses come by PUBLISH, watchers by SUBSCRIBE; who may watch is decided by each user's presence
rules (RFC 5025) in the database. Without rules a watcher is pending.
"""

import json
import os
import socket
import sqlite3
import tempfile

from .process import PATIENCE, LabError, wait_until

SCHEMA = "/usr/share/kamailio/db_sqlite"

MODULES = """
use_dns_cache=on
loadmodule "db_sqlite.so"
loadmodule "jsonrpcs.so"
loadmodule "presence.so"
loadmodule "presence_xml.so"
modparam("jsonrpcs", "transport", 4)
modparam("jsonrpcs", "dgram_socket", "{directory}/rpc.sock")
modparam("db_sqlite", "db_set_journal_mode", "{database}=WAL")
modparam("presence|presence_xml", "db_url", "sqlite:///{database}")
modparam("presence", "server_address", "sip:presence@127.0.0.1:{port};transport=tcp")
modparam("presence", "subs_db_mode", 1)
modparam("presence", "expires_offset", 0)
modparam("presence_xml", "force_active", 0)
modparam("presence_xml", "integrated_xcap_server", 1)
"""

ROUTE = """
    if (is_method("PUBLISH|SUBSCRIBE") && uri==myself) {{
        if (!t_newtran()) {{ sl_reply_error(); exit; }}
        if (is_method("PUBLISH")) handle_publish(); else handle_subscribe();
        t_release();
        exit;
    }}
    if (is_method("SUBSCRIBE|NOTIFY")) record_route();
"""

RULES = """<?xml version="1.0" encoding="UTF-8"?>
<ruleset xmlns="urn:ietf:params:xml:ns:common-policy" \
xmlns:pr="urn:ietf:params:xml:ns:pres-rules" xmlns:cr="urn:ietf:params:xml:ns:common-policy">
{rules}</ruleset>
"""
RULE = """<rule id="{ident}"><conditions><identity>{who}</identity></conditions>
<actions><pr:sub-handling>{handling}</pr:sub-handling></actions>
<transformations/></rule>
"""
DNS_PERMANENT = 4  # DNS_FLAG_PERMANENT of Kamailio's core
DOC_TYPE_RULES = 2  # PRES_RULES of Kamailio's modules/presence


class PresenceServer:
    """The database and the control socket of a Kamailio that runs with MODULES and ROUTE."""

    def __init__(self, directory, domain):
        self.directory, self.domain = directory, domain
        # Kamailio waits for no lock of SQLite's, so that commits must be quick: in memory.
        self._memory = tempfile.TemporaryDirectory(
            prefix="isthmus-lab-", dir="/dev/shm" if os.path.isdir("/dev/shm") else directory)
        self.database = os.path.join(self._memory.name, "presence.db")
        self._rules = {}
        with self._open() as database:
            for name in ("standard", "presence"):
                with open(os.path.join(SCHEMA, f"{name}-create.sql"), encoding="ascii") as file:
                    database.executescript(file.read())

    def name_address(self, name, address):
        """Kamailio asks the system's resolver, which does not know the laboratory's names."""
        wait_until(lambda: os.path.exists(self._socket_path), PATIENCE,
                   "Kamailio's control socket")
        self._call("dns.add_a", name, 86400, address, DNS_PERMANENT)

    def allow(self, user, watcher=None):
        """`user` lets this watcher (a SIP URI; None: everybody) see her presence."""
        self._decide(user, watcher, "allow")

    def block(self, user, watcher=None):
        self._decide(user, watcher, "block")

    def ask(self, user, watcher=None):
        """The watcher is pending until told otherwise."""
        self._decide(user, watcher, "confirm")

    def stop(self):
        """For good, after Kamailio."""
        self._memory.cleanup()

    def forget_dialogs(self):
        """As after the loss of its memory; only while it is stopped."""
        with self._open() as database:
            database.execute("DELETE FROM active_watchers")

    def watchers(self, user):
        """[(watcher's URI, "active" | "pending" | ...)] of the dialogs about a user."""
        names = {1: "active", 2: "pending", 3: "terminated", 4: "waiting"}
        with self._open() as database:
            rows = database.execute(
                "SELECT watcher_username, watcher_domain, status FROM active_watchers "
                "WHERE presentity_uri = ?", (self._uri(user),)).fetchall()
        return [(f"sip:{name}@{domain}", names.get(status, status))
                for name, domain, status in rows]

    def wait_watchers(self, user, count, seconds=PATIENCE):
        """Until so many dialogs are active; returns them all."""

        def ready():
            watchers = self.watchers(user)
            active = [w for w in watchers if w[1] == "active"]
            return len(active) == count and [watchers]

        return wait_until(ready, seconds, f"{count} watchers of {user}")[0]

    def _decide(self, user, watcher, handling):
        rules = self._rules.setdefault(user, {})
        rules[watcher] = handling
        # The first rule that fits counts for Kamailio, so those for one watcher stand first.
        ordered = sorted(rules.items(), key=lambda rule: rule[0] is None)
        document = RULES.format(rules="".join(
            RULE.format(ident=f"r{n}", handling=how,
                        who="<many/>" if who is None else f'<one id="{who}"/>')
            for n, (who, how) in enumerate(ordered)))
        with self._open() as database:
            database.execute(
                "INSERT OR REPLACE INTO xcap (username, domain, doc, doc_type, etag, source, "
                "doc_uri, port) VALUES (?, ?, ?, ?, '1', 0, ?, 0)",
                (user, self.domain, document.encode(), DOC_TYPE_RULES, f"rules/{user}"))
        if os.path.exists(self._socket_path):
            self._call("presence.refreshWatchers", self._uri(user), "presence", 0)

    def _uri(self, user):
        return f"sip:{user}@{self.domain}"

    @property
    def _socket_path(self):
        return os.path.join(self.directory, "rpc.sock")

    def _call(self, method, *parameters):
        mine = os.path.join(self.directory, f"rpc-{os.getpid()}.sock")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as caller:
            try:
                caller.bind(mine)
                caller.settimeout(PATIENCE)
                caller.sendto(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method,
                                          "params": list(parameters)}).encode(),
                              self._socket_path)
                answer = json.loads(caller.recv(65536))
            finally:
                os.unlink(mine)
        if "error" in answer:
            raise LabError(f"Kamailio {method}: {answer['error']}")

    def _open(self):
        return _Database(self.database)


class _Database:
    """A connection that commits and closes at the end of its block."""

    def __init__(self, path):
        self._connection = sqlite3.connect(path, timeout=PATIENCE)

    def __enter__(self):
        return self._connection

    def __exit__(self, kind, *_):
        if kind is None:
            self._connection.commit()
        self._connection.close()
