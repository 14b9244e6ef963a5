"""The contract of what operates the gateway: certificates, traffic, tests and the doctor, backups, the
audit log and the directory."""

import json
import socket
from base64 import b64encode

from contract import OCTETS, ContractTest
from presence import Stanzas
from test_messages import with_stream

from lab import pidf
from lab.gateway import Gateway
from lab.sip_presence import Notifier
from lab.slapd import Slapd, person

ALICE = "alice@branch.example"
PASSPHRASE = "a passphrase that is long"
STAFF = [f"user{number}" for number in range(15)]

# Statuses that no request alone brings about; where else each is tested.
HANGS = "a traffic thread that hangs: tests/admin/api_test.cpp"
FULL = "a full queue of long work: "
NOT_DRIVEN = {
    **{(name, 503): HANGS for name in (
        "listStreams", "getStream", "closeStream", "listDialogs", "getDialog", "endDialog",
        "listMessages", "listConversations", "listTraces", "readTrace", "deleteTrace", "stopTrace",
        "getTraceLadder", "drawTraceLadder", "printTraceLadder")},
    ("followTrace", 503): "as followEvents",
    ("requestCertificate", 503): FULL + "tests/control/certificate_service_test.cpp",
    ("importCertificate", 503): "the same",
    ("askServed", 503): FULL + "eight questions at once, each at most 10 s",
    ("createBackup", 503): FULL + "tests/admin/archive_api_test.cpp",
    ("verifyBackup", 503): "the same",
    ("verifyAudit", 503): "the same",
    ("exportAudit", 503): "the same",
    ("syncUsers", 500): "a database that fails while users are compared",
}
SAMPLES = {
    "certificate": ("own", "nobody"), "use": ("sip", "nothing"), "id": ("o1", "o999"),
    "domain": ("northwind.example", "nobody.example"), "name": ("branch", "nobody"),
}


class Operation(Stanzas, ContractTest):
    tags = {"certificates", "traffic", "diagnostics", "backups", "audit", "directory"}
    not_driven = NOT_DRIVEN
    samples = SAMPLES
    bodies = {"CertificateChange": {"friendly_name": "other"},
              "CertificateAssignment": {"certificate": "own"},
              "CertificateWatch": {"name": "x", "certificate_file": "/x", "private_key_file": "/x"},
              "CertificateRequest": {"name": "x"}, "SipPeerOrder": {"name": "x"},
              "AuditHead": {"seq": 1, "hash": "0" * 64}}

    @classmethod
    def build(cls, world):
        cls.slapd = Slapd(world.bench, world.authority)
        cls.slapd.add_offline("".join(person(name) for name in STAFF))
        cls.slapd.start()
        cls.silent = socket.create_server(("127.0.0.1", 0))
        world.add_branch("udp").add_northwind().announce(
            "silent.example", cls.silent.getsockname()[1])
        world.start(tables={"directory": cls.slapd.section()})
        world.gateway.cli("partner", "create", "silent.example")

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.silent.close()

    def setUp(self):
        super().setUp()
        # Without certificate and directory.
        self.bare = Gateway(self.world.bench, self.world.authority, ["branch.example"], [],
                            tables={"sip": {"listen": ["udp:127.0.0.1:0"]},
                                    "tls": {"certificate_file": "", "private_key_file": ""}},
                            name="bare").start()
        self.addCleanup(self.bare.stop)

    def test_everything(self):
        self.drive(self.backups_before_anybody, self.accounts, self.certificates, self.uses,
                   self.streams_and_dialogs, self.messages, self.events, self.traces, self.diagnostics,
                   self.backups, self.audit, self.directory)

    # Certificates

    def pair(self, name, hosts=("gateway.contoso.example", "branch.example")):
        """Certificate and key as one text."""
        with open(self.world.authority.issue(name, list(hosts)).bundle, encoding="ascii") as file:
            return file.read()

    def certificates(self):
        ask = self.local.ask
        web = {"name": "web", "friendly_name": "the web's", "key_type": "p-256"}
        self.assertTrue(ask(200, "POST", "certificates:request?dry_run=true", web)["dry_run"])
        made = ask(201, "POST", "certificates:request?reason=the+contract", web)
        self.assertIn("BEGIN CERTIFICATE REQUEST", made["csr"])
        ask(409, "POST", "certificates:request", web)
        ask(400, "POST", "certificates:request", {"key_type": "rsa-1024"})
        self.assertEqual(ask(200, "GET", "certificates/web:csr")["csr"], made["csr"])
        own = {"name": "own", "content": self.pair("own")}
        self.assertTrue(ask(200, "POST", "certificates:import?dry_run=true", own)["dry_run"])
        self.assertEqual(ask(200, "POST", "certificates:import", own)["name"], "own")
        ask(409, "POST", "certificates:import", {**own, "content": self.pair("other")})
        ask(400, "POST", "certificates:import", {"content": "no certificate"})
        ask(404, "GET", "certificates/own:csr")
        shown = ask(200, "GET", "certificates/own")
        for query, wanted in (("", ["own", "web"]), ("?state=pending", ["web"]),
                              (f"?thumbprint={shown['thumbprint']}", ["own"])):
            listed = ask(200, "GET", "certificates" + query)["items"]
            self.assertEqual([one["name"] for one in listed], wanted)
        self.watched()
        tag = self.local.etag("certificates/own")
        change = {"friendly_name": "ours"}
        ask(200, "PATCH", "certificates/own?dry_run=true", change)
        self.assertEqual(ask(200, "PATCH", "certificates/own", change,
                             {"If-Match": tag})["friendly_name"], "ours")
        ask(412, "PATCH", "certificates/own", change, {"If-Match": tag})
        ask(400, "PATCH", "certificates/own", {"name": "x"})

    def watched(self):
        ask, files = self.local.ask, self.world.authority.issue("watched", ["branch.example"])
        order = {"name": "watched", "certificate_file": files.certificate,
                 "private_key_file": files.key}
        self.assertTrue(ask(200, "POST", "certificates:watch?dry_run=true", order)["dry_run"])
        ask(200, "POST", "certificates:watch", order)
        ask(400, "POST", "certificates:watch", {**order, "certificate_file": "relative.pem"})
        elsewhere = self.world.authority.issue("elsewhere", ["elsewhere.example"])
        problem = ask(409, "POST", "certificates:watch", {
            "name": "elsewhere", "certificate_file": elsewhere.certificate,
            "private_key_file": elsewhere.key, "uses": ["xmpp-s2s"]})
        self.assertEqual(problem["code"], "IST-CERT-016")
        ask(200, "DELETE", "certificates/watched?dry_run=true")
        ask(200, "DELETE", "certificates/watched", None,
            {"If-Match": self.local.etag("certificates/watched")})

    def uses(self):
        ask = self.local.ask
        self.assertEqual([one["use"] for one in ask(200, "GET", "certificate-uses")["items"]],
                         ["sip", "xmpp-s2s", "admin"])
        tag = self.local.etag("certificate-uses/sip")
        order = {"certificate": "own"}
        ask(200, "PUT", "certificate-uses/sip?dry_run=true", order)
        ask(200, "PUT", "certificate-uses/sip", order, {"If-Match": tag})
        ask(412, "PUT", "certificate-uses/sip", order, {"If-Match": tag})
        self.assertEqual(ask(200, "GET", "certificate-uses/sip")["certificates"], ["own"])
        ask(404, "PUT", "certificate-uses/sip", {"certificate": "nobody"})
        ask(404, "PUT", "certificate-uses/nothing", order)
        ask(409, "PUT", "certificate-uses/sip", {"certificate": "web"})
        ask(409, "DELETE", "certificates/own")
        served = ask(200, "POST", "certificates:served", {})
        self.assertTrue(served["items"])
        ask(400, "POST", "certificates:served", {"address": "nowhere"})
        ask(200, "DELETE", "certificate-uses/sip?dry_run=true")
        ask(200, "DELETE", "certificate-uses/sip", None,
            {"If-Match": self.local.etag("certificate-uses/sip")})
        ask(200, "DELETE", "certificate-uses/sip?previous=true")
        bare = self.asked.over(self.bare)
        bare.ask(200, "POST", "certificates:import",
                 {"name": "only", "content": self.pair("only"), "uses": ["xmpp-s2s"]})
        bare.ask(409, "DELETE", "certificate-uses/xmpp-s2s")
        bare.ask(200, "DELETE", "certificate-uses/xmpp-s2s?force=true")

    # Traffic

    def exchange(self):
        """A message each way, so that there is a stream each way."""
        self.world.branch.message("sip:tybalt@northwind.example", "the contract").wait()
        self.world.northwind.wait_body("the contract")
        with_stream(self.world).send(
            "<message from='tybalt@northwind.example' to='bob@branch.example' type='chat'>"
            "<body>back</body></message>")
        self.world.branch.wait_request(body="back")

    def streams_and_dialogs(self):
        ask = self.local.ask
        self.exchange()
        listed = ask(200, "GET", "streams?partner=northwind.example&limit=10&offset=0")
        self.assertEqual({one["direction"] for one in listed["items"]}, {"in", "out"})
        one = next(one["id"] for one in listed["items"] if one["direction"] == "out")
        self.samples = {**self.samples, "id": (one, "o999")}
        self.assertEqual(ask(200, "GET", f"streams/{one}")["id"], one)
        self.assertEqual(ask(200, "POST", f"streams/{one}:close")["id"], one)
        notifier = Notifier(self.world.branch)
        notifier.body = lambda dialog: pidf.document(dialog.user)
        self.addCleanup(notifier.close)
        tybalt, bob = self.someone(), self.bob()
        self.say(tybalt, bob, "subscribe")
        self.wait_heard(bob, tybalt, "subscribed")
        listed = ask(200, "GET", f"dialogs?user={bob}&contact={tybalt}&partner=northwind.example")
        self.assertEqual([d["role"] for d in listed["items"]], ["subscriber"])
        one = listed["items"][0]["id"]
        self.assertEqual(ask(200, "GET", f"dialogs/{one}")["user"], bob)
        self.assertEqual(ask(200, "POST", f"dialogs/{one}:end")["id"], one)

    def messages(self):
        ask = self.local.ask
        self.exchange()
        self.world.branch.message("sip:eve@stranger.example", "no").wait()
        page = ask(200, "GET", "messages?state=delivered&user=bob@branch.example&since=10m&limit=1"
                   "&contact=tybalt@northwind.example&partner=northwind.example")
        self.assertEqual(len(page["items"]), 1)
        self.assertNotIn("the contract", json.dumps(page))
        self.assertIn("denied", [one["state"] for one in ask(200, "GET", "messages")["items"]])
        ask(400, "GET", "messages?since=yesterday")
        ask(400, "GET", "conversations?since=yesterday")
        page = ask(200, "GET", "conversations?user=bob@branch.example&since=1h")
        self.assertIn("tybalt@northwind.example", [one["contact"] for one in page["items"]])

    def events(self):
        """The first of them; and one listener too many."""
        listeners = []
        try:
            for _ in range(64):
                connection = self.local.connection()
                connection.request("GET", "/api/v1/events?last_event_id=none")
                listeners.append(connection)
            answers = [connection.getresponse() for connection in listeners]  # they stay
            for at, answer in enumerate(answers):
                text = "".join(answer.readline().decode() for _ in range(4))
                if at == 0:
                    self.asked.check("GET", "events", answer.status, dict(answer.getheaders()),
                                     text, 200)
                self.assertIn("event: reset\n", text)  # nobody can have heard "none"
            problem = self.local.ask(503, "GET", "events")
            self.assertEqual(problem["code"], "IST-API-040")
        finally:
            for connection in listeners:
                connection.close()

    # Recordings

    def traces(self):
        ask = self.local.ask
        one = ask(201, "POST", "traces", {"partner": "northwind.example", "for": "1m",
                                          "reason": "the contract"})["id"]
        self.samples_of = {path: {"id": (one, "nobody")} for path in (
            "/traces/{id}", "/traces/{id}:stop", "/traces/{id}/events", "/traces/{id}/ladder",
            "/traces/{id}/ladder.svg", "/traces/{id}/ladder.txt")}
        for bad in ({"for": "1s"}, {"bodies": 1}, {"no_such_property": 1}):
            ask(400, "POST", "traces", bad)
        self.exchange()
        self.assertIn(one, [each["id"] for each in ask(200, "GET", "traces")["items"]])
        self.assertTrue(ask(200, "GET", f"traces/{one}?after=0")["recorded"])
        self.assertTrue(ask(200, "GET", f"traces/{one}/ladder")["rungs"])
        self.assertTrue(ask(200, "GET", f"traces/{one}/ladder.svg").startswith(("<svg", "<?xml")))
        self.assertIn("northwind.example", ask(200, "GET", f"traces/{one}/ladder.txt"))
        self.followed(f"traces/{one}/events")
        self.one_trace_too_many()
        self.assertEqual(ask(200, "POST", f"traces/{one}:stop")["state"], "ended")

    def followed(self, target):
        connection = self.local.connection()
        try:
            connection.request("GET", "/api/v1/" + target)
            answer = connection.getresponse()
            self.asked.check("GET", target, answer.status, dict(answer.getheaders()),
                             answer.readline().decode(), 200)
        finally:
            connection.close()

    def one_trace_too_many(self):
        made = []
        try:
            for _ in range(8):
                status, _, text = self.local.send("POST", "traces", {"for": "1m"})
                if status != 201:
                    break
                made.append(json.loads(text)["id"])
            self.local.ask(503, "POST", "traces", {"for": "1m"})
        finally:
            for each in made:
                self.local.ask(200, "DELETE", f"traces/{each}")

    # Tests and the doctor

    def diagnostics(self):
        ask = self.local.ask
        self.assertEqual([one["name"] for one in ask(200, "GET", "sip-peers")["items"]], ["branch"])
        ask(200, "GET", "sip-peers/branch")
        planned = ask(200, "POST", "sip-peers", {"name": "pool", "kind": "lync",
                                                 "target": "tls:pool.branch.example:5061",
                                                 "domains": ["branch.example"]})
        self.assertTrue(planned["instructions"])
        tested = ask(200, "POST", "sip-peers/branch:test")
        self.assertEqual(tested["result"], "success", tested)
        found = ask(200, "GET", "doctor")
        self.assertTrue(found["checks"])
        test = "partners/northwind.example:test"
        made = ask(200, "POST", test + "?stream=false", {"partner": {"partner_type": "Federated"}})
        self.assertEqual(len(made["steps"]), 10)
        lines = ask(200, "POST", test, {}).splitlines()
        self.description.must_be("TestResult", json.loads(lines[-1]), self)
        for line in lines[:-1]:
            self.description.must_be("TestStep", json.loads(line), self)
        told = ask(200, "POST", test, {}, {"Accept": "text/event-stream"})
        self.assertIn("event: result\ndata: {", told)
        ask(400, "POST", test, {"receiver": "nobody at all"})
        ask(400, "POST", test, {"no_such_property": 1})
        self.one_test_too_many(test)

    def one_test_too_many(self, test):
        """Four of a partner that never says a word."""
        running = []
        try:
            for _ in range(4):
                connection = self.local.connection()
                connection.request("POST", "/api/v1/partners/silent.example:test", "{}",
                                   {"Content-Type": "application/json"})
                answer = connection.getresponse()
                running.extend((answer, connection))  # who lets go of the answer hangs up
                answer.readline()
            problem = self.local.ask(503, "POST", test, {})
            self.assertEqual(problem["code"], "IST-API-011")
        finally:
            for connection in running:
                connection.close()

    # Backups and the audit log

    def backup(self):
        return self.local.ask(200, "POST", "backups", {"passphrase": PASSPHRASE}).encode("latin-1")

    def with_backup(self, wanted, target, octets, passphrase=PASSPHRASE):
        sent = {"Content-Type": OCTETS}
        if passphrase is not None:
            sent["Isthmus-Passphrase"] = b64encode(passphrase.encode()).decode()
        return self.local.ask(wanted, "POST", target, octets, sent)

    def backups_before_anybody(self):
        self.early = self.backup()

    def backups(self):
        ask, octets = self.local.ask, self.backup()
        ask(400, "POST", "backups", {"passphrase": "short"})
        ask(400, "POST", "backups", {"passphrase": PASSPHRASE, "file": "/etc/passwd"})
        self.assertTrue(self.with_backup(200, "backups:verify", octets)["good"])
        for target in ("backups:verify", "backups:restore"):
            problem = self.with_backup(400, target, octets, PASSPHRASE + "?")
            self.assertEqual(problem["code"], "IST-API-030")
            problem = self.with_backup(400, target, octets[:-1])
            self.assertEqual(problem["code"], "IST-API-031")
            self.with_backup(400, target, octets, None)
        self.local.ask(201, "POST", "partners", {"domain": "later.example"})
        trial = self.with_backup(200, "backups:restore?dry_run=true", octets)
        made = self.with_backup(200, "backups:restore?reason=the+contract", octets)
        self.assertEqual(trial["changes"], made["changes"])
        ask(404, "GET", "partners/later.example")
        problem = self.with_backup(409, "backups:restore", self.early)
        self.assertEqual(problem["code"], "IST-API-033")

    def audit(self):
        ask = self.local.ask
        page = ask(200, "GET", "audit?limit=1")
        newest = page["items"][0]
        older = ask(200, "GET", f"audit?limit=1&before={page['next']}")["items"][0]
        self.assertLess(older["seq"], newest["seq"])
        page = ask(200, "GET", "audit?outcome=failed&since=1h&until=2100-01-01")
        self.assertTrue(all(one["outcome"] == "failed" for one in page["items"]))
        ask(400, "GET", "audit?since=yesterday")
        ask(400, "GET", "audit?until=yesterday")
        verdict = ask(200, "POST", "audit:verify")
        self.assertTrue(verdict["good"])
        head = {"seq": newest["seq"], "hash": newest["hash"]}
        self.assertTrue(ask(200, "POST", "audit:verify", head)["good"])
        self.assertFalse(ask(200, "POST", "audit:verify", {**head, "hash": "0" * 64})["good"])
        ask(400, "POST", "audit:verify", {"seq": 0, "hash": "x"})
        lines = ask(200, "GET", "audit:export?object=own").splitlines()
        for line in lines:
            self.description.must_be("AuditRow", json.loads(line), self)
        csv = ask(200, "GET", "audit:export?format=csv&object=own")
        self.assertEqual(len(csv.splitlines()), len(lines) + 1)
        ask(400, "GET", "audit:export?since=yesterday")

    # The directory

    def directory(self):
        ask = self.local.ask
        self.assertEqual(ask(200, "POST", "users:sync?dry_run=true")["created"], len(STAFF))
        made = ask(200, "POST", "users:sync?reason=the+contract")
        self.assertEqual((made["created"], made["outcome"]), (len(STAFF), "done"))
        self.slapd.delete(*STAFF[:12])
        problem = ask(409, "POST", "users:sync")
        self.assertEqual((problem["code"], problem["removed"]), ("IST-API-024", 12))
        self.assertEqual(ask(200, "POST", "users:sync?force=true")["removed"], 12)
        self.slapd.stop()
        ask(503, "POST", "users:sync")
        self.slapd.start()
        problem = self.asked.over(self.bare).ask(404, "POST", "users:sync")
        self.assertEqual(problem["code"], "IST-API-026")
        self.assertIn("verdict", ask(200, "GET", "migrations/readiness"))
