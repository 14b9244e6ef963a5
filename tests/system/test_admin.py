"""Administrators: the TLS port, accounts, sessions, tokens, the command line over HTTPS."""

import base64
import hashlib
import hmac
import json
import os
import socket
import ssl
import struct
import subprocess
import time

from base import OwnWorldTest, settle

from lab.gateway import binary
from lab.panel import Browser

PASSWORD = "correct horse battery"


def totp(secret, later=0):
    """RFC 6238, from the base32 secret."""
    step = (int(time.time()) + later) // 30
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7FFFFFFF) % 1000000:06d}"


class Administration(OwnWorldTest):
    @classmethod
    def build(cls, world):
        # Without a certificate of its own: the gateway makes one for its administrators.
        world.add_branch("udp").start(allow=False, tables={
            "sip": {"listen": ["udp:127.0.0.1:0"]},
            "tls": {"certificate_file": "", "private_key_file": ""}})

    def setUp(self):
        self.address = self.gateway.listeners["admin"][0]
        self.ca_file = os.path.join(self.gateway.directory, "admin-certificate.pem")
        self.browser = Browser(self.address, self.ca_file)

    def tearDown(self):
        self.assertTrue(self.gateway.process.running(), self.gateway.process.tail())

    def run_cli(self, *arguments, stdin="", **environment):
        """`isthmus ARGUMENTS` as somebody elsewhere would call it."""
        known = {key: value for key, value in os.environ.items() if not key.startswith("ISTHMUS_")}
        return subprocess.run([binary(), *arguments], input=stdin, capture_output=True, text=True,
                              timeout=20, check=False, env={**known, **environment})

    def create(self, name, role, password=PASSWORD):
        done = self.run_cli("admin", "create", name, "--role", role, "--password-stdin",
                            stdin=password + "\n",
                            ISTHMUS_SERVER=f"unix:{self.gateway.admin_socket}")
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def token_file(self, role="admin", expires="1h"):
        made = self.gateway.cli("admin", "token", "create", "--role", role, "--expires", expires)
        self.assertNotIn(made.stdout.strip(), made.stderr)
        path = os.path.join(self.world.bench.directory, f"token-{role}")
        with open(path, "w", encoding="ascii") as file:
            file.write(made.stdout)
        return path

    # The port

    def test_the_key_is_private_and_the_fingerprint_is_logged(self):
        key = os.path.join(self.gateway.directory, "admin-key.pem")
        self.assertEqual(os.stat(key).st_mode & 0o777, 0o600)
        with open(self.ca_file, encoding="ascii") as file:
            der = ssl.PEM_cert_to_DER_cert(file.read())
        event = self.gateway.wait_event("admin.certificate")
        self.assertEqual(event["sha256"], hashlib.sha256(der).hexdigest())

    def test_nothing_without_sign_in(self):
        for method, path in (("GET", "status"), ("GET", "partners"), ("POST", "partners"),
                             ("GET", "admins"), ("DELETE", "admins/alice"), ("GET", "session")):
            status, answer, _ = self.browser.ask(method, path)
            self.assertEqual((status, answer["code"]), (401, "IST-API-006"), path)
        self.assertEqual(self.browser.ask("GET", "/etc/passwd")[0], 404)
        self.assertEqual(self.browser.ask("GET", "/api/v1/..%2f..%2fetc/passwd")[0], 404)
        self.assertEqual(self.browser.ask("GET", "/api/v1/partners/%2e%2e/status")[0], 404)

    def test_answers_protect_the_browser(self):
        headers = self.browser.ask("GET", "session")[2]
        self.assertEqual(headers["Strict-Transport-Security"], "max-age=31536000")
        self.assertEqual(headers["X-Frame-Options"], "DENY")
        self.assertIn("frame-ancestors 'none'", headers["Content-Security-Policy"])
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(headers["Cache-Control"], "no-store")

    def test_another_host_is_refused(self):
        self.assertEqual(self.browser.ask("GET", "session", headers={"Host": "evil.example"})[0],
                         421)
        self.assertEqual(self.browser.ask(
            "GET", "session", headers={"Host": "gateway.contoso.example"})[0], 401)

    def test_old_tls_is_refused(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        host, port = self.address.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=5) as stream:
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                context.wrap_socket(stream)

    # Abuse case G12

    def test_slow_and_silent_connections_end(self):
        """Neither half a handshake nor half a header holds a connection for long."""
        host, port = self.address.rsplit(":", 1)
        silent = socket.create_connection((host, int(port)), timeout=30)
        context = ssl.create_default_context(cafile=self.ca_file)
        slow = context.wrap_socket(socket.create_connection((host, int(port)), timeout=30),
                                   server_hostname=host)
        started = time.monotonic()
        slow.sendall(b"GET /api/v1/session HTTP/1.1\r\nHost: ")
        self.assertEqual(silent.recv(1), b"")
        self.assertLess(time.monotonic() - started, 8)
        try:
            self.assertEqual(slow.recv(1), b"")
        except (ssl.SSLError, ConnectionError):
            pass
        self.assertLess(time.monotonic() - started, 20)
        silent.close()
        slow.close()

    def test_many_connections_leave_the_unix_socket_and_traffic_alone(self):
        host, port = self.address.rsplit(":", 1)
        streams = []
        for _ in range(400):
            try:
                streams.append(socket.create_connection((host, int(port)), timeout=5))
            except OSError:
                break
        self.gateway.cli("status")
        self.assertEqual(self.gateway.http("/readyz")[0], 200)
        for stream in streams:
            stream.close()
        settle(0.2)
        self.assertEqual(self.browser.ask("GET", "session")[0], 401)

    def test_large_bodies_are_refused_before_they_are_read(self):
        for size in (100_000, 10_000_000):  # more than any buffer between us holds
            status, answer, _ = self.browser.ask("POST", "session", b"x" * size)
            self.assertEqual((status, answer["code"]), (413, "IST-API-050"))
        self.assertEqual(self.browser.ask("GET", "session")[0], 401)

    # Accounts and sessions

    def test_sign_in_roles_and_sign_out(self):
        self.create("viola", "viewer")
        status, answer = self.browser.sign_in("viola", PASSWORD)
        self.assertEqual(status, 200, answer)
        self.assertEqual(answer["lync_role"], "CsViewOnlyAdministrator")
        self.assertEqual(list(self.browser.cookies), ["__Host-isthmus"])
        self.assertEqual(self.browser.ask("GET", "partners")[0], 200)
        status, answer, _ = self.browser.ask("POST", "partners", {"domain": "x.example"})
        self.assertEqual((status, answer["code"]), (403, "IST-API-007"))
        self.assertEqual(self.browser.ask("GET", "admins")[0], 403)
        self.assertIn("viola", self.gateway.cli("admin", "session", "list").stdout)
        cookie = dict(self.browser.cookies)
        self.assertEqual(self.browser.ask("DELETE", "session")[0], 200)
        self.browser.cookies = cookie
        self.assertEqual(self.browser.ask("GET", "partners")[0], 401)

    def test_csrf(self):
        self.create("adam", "admin")
        self.browser.sign_in("adam", PASSWORD)
        csrf, self.browser.csrf = self.browser.csrf, None
        status, answer, _ = self.browser.ask("POST", "partners", {"domain": "csrf.example"})
        self.assertEqual((status, answer["code"]), (403, "IST-AUTH-016"))
        self.browser.csrf = csrf
        status, answer, _ = self.browser.ask("POST", "partners", '{"domain":"csrf.example"}',
                                             {"Content-Type": "text/plain"})
        self.assertEqual((status, answer["code"]), (415, "IST-API-008"))
        self.assertEqual(self.browser.ask("POST", "partners", {"domain": "csrf.example"})[0], 201)
        history = self.gateway.cli("config", "history", "-o", "json").stdout
        self.assertIn('"adam"', history)
        self.assertIn('"127.0.0.1"', history)

    def test_guessing_locks_and_is_audited(self):
        self.create("greta", "viewer")
        mark = self.gateway.mark()
        for name in ("greta", "nobody"):
            for _ in range(5):
                status, answer = self.browser.sign_in(name, "a wrong password")
                self.assertEqual((status, answer["code"]), (401, "IST-AUTH-010"))
            status, answer = self.browser.sign_in(name, PASSWORD)
            self.assertEqual((status, answer["code"]), (429, "IST-AUTH-011"))
        self.gateway.wait_event("admin.audit", start=mark, action="lock-out", object="admin/greta")
        self.assertNotIn("a wrong password", self.gateway.process.output(mark))
        accounts = json.loads(self.gateway.cli("admin", "get", "greta", "-o", "json").stdout)
        self.assertGreater(accounts["locked_for_seconds"], 0)
        self.gateway.cli("admin", "unlock", "greta")
        self.assertEqual(self.browser.sign_in("greta", PASSWORD)[0], 200)

    def test_second_factor(self):
        self.create("tina", "viewer")
        self.browser.sign_in("tina", PASSWORD)
        status, enrolled, _ = self.browser.ask("POST", "session:totp")
        self.assertEqual(status, 201)
        secret = enrolled["secret"]
        status, confirmed, _ = self.browser.ask("POST", "session:totp-confirm",
                                                {"code": totp(secret, -30)})
        self.assertEqual(status, 200, confirmed)
        self.assertEqual(len(confirmed["recovery_codes"]), 10)
        other = Browser(self.address, self.ca_file)
        status, answer = other.sign_in("tina", PASSWORD)
        self.assertEqual((status, answer["code"]), (401, "IST-AUTH-012"))
        code = totp(secret, 30)
        self.assertEqual(other.sign_in("tina", PASSWORD, code)[0], 200)
        self.assertEqual(other.sign_in("tina", PASSWORD, code)[0], 401)
        spare = confirmed["recovery_codes"][0]
        self.assertEqual(other.sign_in("tina", PASSWORD, spare.upper())[0], 200)
        self.assertEqual(other.sign_in("tina", PASSWORD, spare)[0], 401)
        with open(os.path.join(self.gateway.directory, "isthmus.db"), "rb") as database:
            self.assertNotIn(spare.encode(), database.read())
        self.gateway.cli("admin", "reset-totp", "tina")
        self.assertEqual(other.sign_in("tina", PASSWORD)[0], 200)

    def test_the_last_admin_stays(self):
        admins = json.loads(self.gateway.cli("admin", "list", "-o", "json").stdout)["items"]
        names = [one["name"] for one in admins if one["role"] == "admin" and one["enabled"]]
        if not names:
            self.create("last", "admin")
            names = ["last"]
        for name in names[1:]:
            self.gateway.cli("admin", "delete", name)
        done = self.gateway.cli("admin", "delete", names[0], check=False)
        self.assertEqual(done.returncode, 5)
        self.assertIn("IST-AUTH-014", done.stderr)
        self.assertEqual(self.gateway.cli("admin", "set", names[0], "--enabled", "false",
                                          check=False).returncode, 5)

    def test_a_link_signs_in_once(self):
        self.create("lina", "helpdesk")
        made = self.gateway.cli("admin", "link", "--as", "lina")
        self.assertTrue(made.stdout.startswith(f"https://{self.address}/#sign-in="), made.stdout)
        link = made.stdout.strip().split("=", 1)[1]
        status, answer, _ = self.browser.ask("POST", "session:link", {"link": link})
        self.assertEqual((status, answer["role"]), (200, "helpdesk"))
        self.assertEqual(self.browser.ask("GET", "status")[0], 200)
        other = Browser(self.address, self.ca_file)
        self.assertEqual(other.ask("POST", "session:link", {"link": link})[0], 401)

    def test_passwords_have_rules_and_stay_secret(self):
        mark = self.gateway.mark()
        for bad in ("short", "aaaaaaaaaaaaaa", "pauline"):
            done = self.run_cli("admin", "create", "pauline", "--role", "viewer",
                                "--password-stdin", stdin=bad + "\n",
                                ISTHMUS_SERVER=f"unix:{self.gateway.admin_socket}")
            self.assertEqual(done.returncode, 2)
            self.assertIn("IST-AUTH-013", done.stderr)
        done = self.run_cli("--dry-run", "admin", "create", "pauline", "--role", "viewer",
                            "--password-stdin", stdin=PASSWORD,
                            ISTHMUS_SERVER=f"unix:{self.gateway.admin_socket}")
        self.assertNotIn(PASSWORD, done.stdout + done.stderr)
        self.assertEqual(self.gateway.cli("admin", "create", "pauline", "--role", "viewer",
                                          check=False).returncode, 2)
        self.assertNotIn(PASSWORD, self.gateway.process.output(mark))

    # Tokens and the command line from elsewhere

    def test_the_command_line_over_https(self):
        server, token = f"https://{self.address}", self.token_file()
        done = self.run_cli("--server", server, "--token-file", token, "--ca-file", self.ca_file,
                            "status", "-o", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["state"], "running")
        fingerprint = self.gateway.wait_event("admin.certificate")["sha256"]
        grouped = ":".join(fingerprint[i:i + 2] for i in range(0, 64, 2)).upper()
        self.assertEqual(self.run_cli("status", ISTHMUS_SERVER=server, ISTHMUS_TOKEN_FILE=token,
                                      ISTHMUS_FINGERPRINT=grouped).returncode, 0)
        for more, words in ((("--fingerprint", "0" * 64), "another certificate"),
                            ((), "self")):
            done = self.run_cli("--server", server, "--token-file", token, *more, "status")
            self.assertEqual(done.returncode, 6, done.stderr)
            self.assertIn(words, done.stderr)
            self.assertIn("fix:", done.stderr)
        for more in (("--fingerprint", "xy"), ("--token-file", "/nonexistent")):
            self.assertEqual(self.run_cli("--server", server, "--token-file", token, *more,
                                          "status").returncode, 2)
        self.assertEqual(self.run_cli("--server", server, "status").returncode, 2)
        other = server.replace("127.0.0.1", "127.0.0.2")
        self.assertEqual(self.run_cli("--server", other, "--token-file", token, "--ca-file",
                                      self.ca_file, "status").returncode, 6)

    def test_a_token_has_its_role_and_its_end(self):
        server, token = f"https://{self.address}", self.token_file("helpdesk")
        call = ("--server", server, "--token-file", token, "--ca-file", self.ca_file)
        self.assertEqual(self.run_cli(*call, "partner", "list").returncode, 0)
        done = self.run_cli(*call, "partner", "create", "t.example")
        self.assertEqual(done.returncode, 4)
        self.assertIn("IST-API-007", done.stderr)
        tokens = json.loads(self.gateway.cli("admin", "token", "list", "-o", "json").stdout)
        mine = next(one for one in tokens["items"] if one["role"] == "helpdesk")
        self.assertEqual(mine["last_used_from"], "127.0.0.1")
        self.assertEqual(self.run_cli("--server", f"unix:{self.gateway.admin_socket}",
                                      "--token-file", token, "admin", "list").returncode, 4)
        self.gateway.cli("admin", "token", "revoke", mine["id"])
        self.assertEqual(self.run_cli(*call, "partner", "list").returncode, 4)
        with open(token, encoding="ascii") as file:
            secret = file.read().strip().encode()
        for name in ("isthmus.db", "isthmus.db-wal"):
            with open(os.path.join(self.gateway.directory, name), "rb") as database:
                self.assertNotIn(secret, database.read(), name)
        self.assertNotIn(secret.decode(), self.gateway.process.output(0))
