"""The gateway's own certificates, as openssl and Prosody see them: requested, signed, imported,
assigned, replaced while messages flow, refused with the reason."""

import json
import os
import threading
import time

from base import unique
from certificates import DOMAINS, CertificateTest, fingerprint_of, openssl

from lab.pki import Authority
from lab.process import PATIENCE, wait_until


class Lifecycle(CertificateTest):
    def sign(self, csr, name):
        """What the laboratory's authority makes of a request."""
        request, answer = self.path(f"{name}.csr"), self.path(f"{name}.crt")
        with open(request, "w", encoding="ascii") as file:
            file.write(csr)
        openssl("x509", "-req", "-in", request, "-CA", self.authority.ca.certificate, "-CAkey",
                self.authority.ca.key, "-CAcreateserial", "-copy_extensions", "copy", "-days", "90",
                "-out", answer)
        return answer

    def test_1_from_the_request_to_the_handshake(self):
        default = fingerprint_of(self.gateway.certificate.certificate)
        for use in ("sip", "xmpp-s2s"):
            self.assertEqual(self.presented(use), default, "what the file names")
        self.assertEqual(self.use("sip")["source"], "configuration file")
        csr = self.cli("request", "web", "--key-type", "rsa-2048", "--organization", "Contoso").stdout
        with open(self.path("shown.csr"), "w", encoding="ascii") as file:
            file.write(csr)
        shown = openssl("req", "-in", self.path("shown.csr"), "-noout", "-text", "-verify").stdout
        for part in ("Public-Key: (2048 bit)", "DNS:branch.example", "DNS:gateway.contoso.example",
                     "O = Contoso", "othername"):
            self.assertIn(part, shown)
        self.assertEqual(self.cli("csr", "web").stdout, csr)
        self.assertIn("pending", self.cli("list").stdout)
        self.refused("IST-CERT-027", "assign", "web", "--use", "sip", exit_code=5)
        answer = self.sign(csr, "web")
        imported = self.cli("import", answer)
        self.assertEqual(imported.stdout.strip(), "web")
        for use in ("sip", "xmpp-s2s", "admin"):
            start = time.monotonic()
            self.cli("assign", "web", "--use", use)
            self.assertEqual(self.presented(use), fingerprint_of(answer), use)
            self.assertLess(time.monotonic() - start, 1.0 + 2, "in force when the command returns")
        self.exchange()
        served = self.cli("served")
        self.assertEqual(served.returncode, 0)
        self.assertEqual(served.stdout.count("as loaded"), 4, served.stdout)
        got = json.loads(self.cli("get", "web", "-o", "json").stdout)
        self.assertEqual(got["chain_state"], "trusted")
        self.assertEqual(got["serial_number"].lstrip("0"), openssl(
            "x509", "-in", answer, "-noout", "-serial").stdout.strip().split("=")[1].lstrip("0"))
        self.assertNotIn("PRIVATE KEY", json.dumps(got))

    def test_2_a_restart_keeps_it(self):
        before = self.presented("xmpp-s2s")
        self.gateway.stop()
        self.gateway.restart()
        for use in ("sip", "xmpp-s2s", "admin"):
            self.assertEqual(self.presented(use), before)
        self.exchange()

    def test_3_replaced_while_messages_flow(self):
        branch, northwind = self.world.branch, self.world.northwind
        stream = self.world.northwind_stream(to="branch.example")
        branch.message("sip:tybalt@northwind.example", unique("first")).wait()
        start = self.gateway.mark()
        stopping, sent, calls = threading.Event(), [], []

        def talk():
            while not stopping.is_set():
                sent.append(unique("flow"))
                calls.append(branch.message("sip:tybalt@northwind.example", sent[-1]))
                stream.send("<message from='tybalt@northwind.example' to='bob@branch.example' "
                            f"type='chat'><body>{sent[-1]} back</body></message>")
                stopping.wait(0.01)

        thread = threading.Thread(target=talk)
        thread.start()
        try:
            for turn in range(3):
                wait_until(lambda count=len(sent): len(sent) > count + 20, PATIENCE, "a flow")
                renewed = self.new()
                self.import_pair(f"flow-{turn}", renewed, "--use", "sip,xmpp-s2s")
                self.wait_presented("xmpp-s2s", fingerprint_of(renewed.certificate), 1)
                self.wait_presented("sip", fingerprint_of(renewed.certificate), 1)
        finally:
            stopping.set()
            thread.join()
        self.assertEqual({call.wait().code for call in calls}, {202})
        northwind.wait_body(sent[-1])
        self.assertEqual([b for b in northwind.bodies() if b in sent], sent, "all, once, in order")
        branch.wait_request(body=f"{sent[-1]} back")
        back = [f"{text} back" for text in sent]
        self.assertEqual([b for b in branch.bodies() if b in back], back)
        downs = [e for e in self.gateway.events(start) if e.get("event") == "s2s.down"
                 and e.get("partner") == "northwind.example"]
        self.assertEqual(downs, [])

    def test_4_a_successor_takes_over_at_its_date(self):
        now, after = self.new(), self.new()
        self.import_pair("now", now, "--use", "xmpp-s2s")
        self.import_pair("after", after)
        due = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 4))
        self.cli("assign", "after", "--use", "xmpp-s2s", "--effective", due)
        self.assertEqual(self.presented("xmpp-s2s"), fingerprint_of(now.certificate))
        self.assertEqual(self.use("xmpp-s2s")["next"], ["after"])
        self.wait_presented("xmpp-s2s", fingerprint_of(after.certificate))
        self.assertGreaterEqual(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), due)
        use = wait_until(lambda: (lambda u: u if not u["next"] else None)(self.use("xmpp-s2s")),
                         PATIENCE, "the roll is stored")
        self.assertEqual((use["certificates"], use["previous"]), (["after"], ["now"]))
        history = json.loads(self.gateway.cli("config", "history", "-o", "json").stdout)["items"]
        rolled = next(one for one in history if one["action"] == "roll")
        self.assertEqual(rolled["admin"], "isthmus")
        self.cli("assign", "now", "--use", "xmpp-s2s")
        self.assertEqual(self.presented("xmpp-s2s"), fingerprint_of(now.certificate))

    def test_5_each_partner_is_shown_the_name_it_asks_for(self):
        first, second = self.new(["gateway.contoso.example", "contoso.example"]), \
            self.new(["branch.example"])
        self.import_pair("first", first)
        self.import_pair("second", second)
        self.cli("assign", "first", "--use", "xmpp-s2s", "--force")
        self.cli("assign", "second", "--use", "xmpp-s2s", "--beside")
        for name, certificate in (("branch.example", second), ("contoso.example", first),
                                  ("xmpp7.hosting.example", second)):  # the stream's `to` decides
            self.assertEqual(self.presented("xmpp-s2s", name),
                             fingerprint_of(certificate.certificate), name)
        self.exchange()  # as a client too: Prosody wants branch.example proved

    def test_6_removal(self):
        self.refused("IST-API-010", "delete", "first", exit_code=5)
        for use in ("sip", "xmpp-s2s", "admin"):
            self.cli("remove", "--use", use)
        self.assertEqual(self.presented("xmpp-s2s"),
                         fingerprint_of(self.gateway.certificate.certificate))
        self.assertEqual(self.use("xmpp-s2s")["previous"], ["first", "second"])
        self.cli("remove", "--use", "xmpp-s2s", "--previous")
        self.assertEqual(self.use("xmpp-s2s")["previous"], [])
        self.cli("delete", "first")
        self.refused("IST-API-002", "get", "first", exit_code=1)
        self.exchange()


class Refusals(CertificateTest):
    def pfx(self, certificate, password, *more):
        file = self.path(f"{certificate.name}.pfx")
        openssl("pkcs12", "-export", "-in", certificate.certificate, "-inkey", certificate.key,
                "-certfile", self.authority.ca.certificate, "-passout", f"pass:{password}", "-out",
                file, *more)
        return file

    def test_each_fault_has_its_code(self):
        good, other = self.new(), self.new()
        self.refused("IST-CERT-012", "import", good.certificate, "--key", other.key, exit_code=2)
        self.refused("IST-CERT-013", "import", good.certificate, exit_code=2)
        self.refused("IST-CERT-010", "import", self.gateway.config_file, exit_code=2)
        ended = self.new(not_after="20200201000000Z")
        self.refused("IST-CERT-014", "import", ended.bundle, exit_code=5)
        elsewhere = self.new(["elsewhere.example"])
        for use in ("sip", "xmpp-s2s"):
            told = self.refused("IST-CERT-016", "import", elsewhere.bundle, "--use", use,
                                exit_code=5)
            self.assertIn("branch.example", told)
        client = self.new(usage="clientAuth")
        self.refused("IST-CERT-019", "import", client.bundle, "--use", "xmpp-s2s", exit_code=5)
        self.refused("IST-CERT-017", "request", "small", "--key-type", "rsa-1024", exit_code=2)
        self.assertIn("1024", self.refused("IST-CERT-017", "import", self.small(), exit_code=2))
        self.assertIn("no certificate was requested", self.cli("list").stderr, "nothing was kept")

    def small(self):
        key, file = self.path("small.key"), self.path("small.pem")
        openssl("req", "-x509", "-newkey", "rsa:1024", "-nodes", "-keyout", key, "-out", file,
                "-subj", "/CN=small", "-days", "30")
        with open(file, "a", encoding="ascii") as to, open(key, encoding="ascii") as source:
            to.write(source.read())
        return file

    def test_a_chain_that_is_missing(self):
        stranger = Authority(self.world.bench.subdirectory("stranger"), "Stranger CA")
        leaf = stranger.issue("leaf", DOMAINS)
        told = self.refused("IST-CERT-020", "import", leaf.bundle, "--use", "sip", exit_code=5)
        self.assertIn("Stranger CA", told)
        done = self.cli("import", leaf.bundle, "--chain", stranger.ca.certificate, "--name",
                        "private", "--use", "sip")
        self.assertIn("peers must be told to trust it", done.stderr)
        self.assertEqual(self.presented("sip"), fingerprint_of(leaf.certificate))
        self.gateway.stop()
        self.gateway.restart()
        self.assertEqual(json.loads(self.cli("get", "private", "-o", "json").stdout)["chain_state"],
                         "other-root")
        self.cli("remove", "--use", "sip")
        self.cli("delete", "private", "--force")

    def test_passwords(self):
        for more in ([], ["-legacy"]):
            file = self.pfx(self.new(), "tr0ub4dor", *more)
            self.refused("IST-CERT-011", "import", file, "--name", "pfx", exit_code=2)
            self.refused("IST-CERT-011", "import", file, "--name", "pfx", "--password-stdin",
                         stdin="wrong\n", exit_code=2)
            start = self.gateway.mark()
            done = self.with_input("tr0ub4dor\n", "cert", "import", file, "--name", "pfx",
                                   "--password-stdin")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(json.loads(self.cli("get", "pfx", "-o", "json").stdout)["chain_state"],
                             "trusted")
            self.assertNotIn("tr0ub4dor", self.gateway.process.output(start))
            self.cli("delete", "pfx")

    def test_keys_are_where_nobody_finds_them(self):
        if not os.path.exists(os.path.join(self.gateway.directory, "secret.key")):
            self.skipTest("secrets are not sealed yet")
        secret = self.new()
        self.import_pair("secret", secret)
        with open(secret.key, encoding="ascii") as file:
            line = file.read().splitlines()[1]
        for name in os.listdir(self.gateway.directory):
            path = os.path.join(self.gateway.directory, name)
            if os.path.isfile(path) and name.startswith("isthmus.db"):
                with open(path, "rb") as file:
                    self.assertNotIn(line.encode(), file.read(), name)
        self.assertNotIn(line, self.gateway.process.output())
        for path in ("get secret", "list"):
            self.assertNotIn(line, self.cli(*path.split(), "-o", "json").stdout)
        self.cli("delete", "secret")


class Restored(CertificateTest):
    """A backup brings certificates back, and they are shown without a restart."""

    def backup(self, *arguments):
        done = self.with_input("a passphrase that is long enough\n", "backup", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_was_shown_then_is_shown_again(self):
        then, now, beside = self.new(), self.new(), self.new(["other.example"])
        self.import_pair("then", then, "--use", "sip,xmpp-s2s")
        self.backup("create", self.path("then.backup"))
        self.import_pair("now", now, "--use", "sip,xmpp-s2s,admin")
        self.import_pair("beside", beside)
        own = self.presented("admin")
        self.cli("delete", "then")
        for use in ("sip", "xmpp-s2s", "admin"):
            self.assertEqual(self.presented(use), fingerprint_of(now.certificate), use)
        self.assertEqual(own, fingerprint_of(now.certificate))
        self.backup("restore", self.path("then.backup"))
        for use in ("sip", "xmpp-s2s"):
            self.wait_presented(use, fingerprint_of(then.certificate))
        self.assertNotEqual(self.presented("admin"), fingerprint_of(now.certificate))
        listed = self.cli("list").stdout
        self.assertIn("then", listed)
        self.assertNotIn("beside", listed)
        self.exchange()
        self.gateway.stop()
        self.gateway.restart()
        self.assertEqual(self.presented("sip"), fingerprint_of(then.certificate), "its key too")


class Cmdlets(CertificateTest):
    def cs(self, line, check=True):
        return self.gateway.cli("cs", *line.split(), check=check)

    def test_the_documented_way(self):
        output = self.path("edge.csr")
        self.cs(f"Request-CsCertificate -New -Type AccessEdgeExternal -Output {output} "
                "-KeyAlg ECDH_P256 -FriendlyName Edge -DomainName sip.branch.example")
        self.assertIn("DNS:sip.branch.example", openssl("req", "-in", output, "-noout", "-text").stdout)
        listed = self.cs("Request-CsCertificate -List").stdout
        self.assertRegex(listed, r"RequestId\s*: 1")
        answer = self.path("edge.crt")
        openssl("x509", "-req", "-in", output, "-CA", self.authority.ca.certificate, "-CAkey",
                self.authority.ca.key, "-CAcreateserial", "-copy_extensions", "copy", "-days", "90",
                "-out", answer)
        self.cs(f"Import-CsCertificate -Path {answer}")
        thumbprint = openssl("x509", "-in", answer, "-noout", "-fingerprint", "-sha1").stdout
        thumbprint = thumbprint.strip().split("=")[1].replace(":", "")
        self.cs(f"Set-CsCertificate -Type AccessEdgeExternal -Thumbprint {thumbprint}")
        for use in ("sip", "xmpp-s2s"):
            self.assertEqual(self.presented(use), fingerprint_of(answer))
        shown = self.cs("Get-CsCertificate -Type XMPPServer").stdout
        self.assertIn(thumbprint, shown)
        self.assertIn("XMPPServer", shown)
        late = self.new()
        pfx = self.path("late.pfx")
        openssl("pkcs12", "-export", "-in", late.certificate, "-inkey", late.key, "-passout",
                "pass:secret", "-out", pfx)
        bad = self.cs(f"Import-CsCertificate -Path {pfx} -Password wrong", check=False)
        self.assertEqual(bad.returncode, 2, bad.stderr)
        self.assertIn("password is wrong", bad.stderr)
        self.cs(f"Import-CsCertificate -Path {pfx} -Password secret -Type XMPPServer -Roll "
                "-EffectiveDate 7/1/2050", check=False)
        without = self.cs(f"Set-CsCertificate -Type XMPPServer -Thumbprint {thumbprint} -Roll",
                          check=False)
        self.assertIn("EffectiveDate", without.stderr)
        self.cs("Remove-CsCertificate -Type AccessEdgeExternal -Force")
        self.assertEqual(self.presented("sip"),
                         fingerprint_of(self.gateway.certificate.certificate))
        self.assertEqual(self.cs("Get-CsCertificate").stdout, "")
