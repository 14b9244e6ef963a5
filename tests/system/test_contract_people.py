"""The contract of who signs in: administrators, tokens, sessions, the identity provider."""

import json
import urllib.parse

from contract import ContractTest
from test_admin import PASSWORD, totp
from test_oidc import REDIRECT, start_with_provider

from lab.gateway import Gateway
from lab.oidc import User


class People(ContractTest):
    tags = {"administrators", "session"}
    # Statuses that no request alone brings about; where else each is tested.
    not_driven = {
        ("signIn", 503): "a full queue of password hashes: tests/control/sign_in_test.cpp",
        ("createAdmin", 503): "the same",
        ("setAdmin", 503): "the same",
        ("changeOwnPassword", 503): "the same",
        ("endProviderSignIn", 503): "the same, of the provider's own worker",
    }
    elsewhere = {"enrolAdminTotp", "confirmAdminTotp"}
    samples = {"name": ("viola", "nobody"), "id": ("0", "0")}
    bodies = {"NewAdmin": {"name": "nora", "role": "viewer", "password": PASSWORD},
              "NewToken": {"role": "viewer"}}

    @classmethod
    def build(cls, world):
        cls.provider = start_with_provider(world)

    def test_everything(self):
        self.drive(self.administrators, self.sessions, self.provider_sign_in, self.without_provider)

    def administrators(self):
        ask = self.local.ask
        ask(200, "GET", "roles")
        adam = {"name": "adam", "role": "admin", "password": PASSWORD}
        ask(200, "POST", "admins?dry_run=true", adam)
        ask(201, "POST", "admins", adam)
        ask(409, "POST", "admins", adam)
        for name, role in (("viola", "CsViewOnlyAdministrator"), ("greta", "helpdesk"),
                           ("tina", "viewer")):
            ask(201, "POST", "admins", {**adam, "name": name, "role": role})
        self.assertEqual(ask(200, "GET", "admins")["total"], 4)
        ask(200, "GET", "admins/viola")
        ask(409, "PATCH", "admins/adam", {"role": "viewer"})
        ask(409, "DELETE", "admins/adam")
        for dry in (("PATCH", {"role": "viewer"}), ("PATCH", {"enabled": False}), ("DELETE", None)):
            problem = ask(409, dry[0], "admins/adam?dry_run=true", dry[1])
            self.assertEqual(problem["code"], "IST-AUTH-014")
        ask(200, "PATCH", "admins/greta?dry_run=true", {"role": "viewer"})
        ask(200, "PATCH", "admins/greta", {"role": "viewer"},
            {"If-Match": self.local.etag("admins/greta")})
        ask(200, "POST", "admins/viola:unlock")
        ask(200, "POST", "admins/viola:reset-totp")
        ask(201, "POST", "admins/viola:link")
        ask(201, "POST", "admins/-:link")
        ask(200, "PATCH", "admins/greta", {"enabled": False})
        ask(409, "POST", "admins/greta:link")
        ask(200, "DELETE", "admins/greta?dry_run=true")
        ask(200, "DELETE", "admins/greta")
        ask(200, "POST", "tokens?dry_run=true", {"role": "viewer"})
        made = ask(201, "POST", "tokens", {"role": "viewer", "expires": "1h", "description": "x"})
        self.assertTrue(made["token"])
        ask(200, "GET", "tokens")
        ask(200, "GET", "tokens/" + made["id"])
        ask(200, "DELETE", "tokens/" + made["id"])
        self.one_token_too_many()

    def one_token_too_many(self):
        made = []
        for _ in range(1001):
            status, _, text = self.local.send("POST", "tokens", {"role": "viewer"})
            if status != 201:
                break
            made.append(json.loads(text)["id"])
        problem = self.local.ask(409, "POST", "tokens", {"role": "viewer"})
        self.assertEqual(problem["code"], "IST-API-045")
        for one in made:
            self.local.send("DELETE", "tokens/" + one)

    def sessions(self):
        ask = self.local.ask
        tina = self.browser()
        tina.ask(401, "GET", "session")
        tina.ask(200, "GET", "session:methods")
        tina.sign_in("tina")
        tina.ask(200, "GET", "session")
        problem = tina.ask(403, "POST", "policies", {"identity": "Tag:X"})
        self.assertEqual(problem["code"], "IST-API-007")
        for method, target, body in (
                ("POST", "session:password", {"current": PASSWORD, "new": PASSWORD}),
                ("POST", "session:totp", None), ("DELETE", "session:totp", {"code": "1"}),
                ("POST", "session:totp-confirm", {"code": "1"})):
            ask(409, method, target, body)  # the unix socket has no account
        tina.ask(200, "POST", "session:password", {"current": PASSWORD, "new": PASSWORD})
        tina.ask(400, "POST", "session:password", {"current": PASSWORD, "new": "short"})
        tina.ask(409, "POST", "session:totp-confirm", {"code": "123456"})
        tina.ask(404, "DELETE", "session:totp", {"code": "123456"})
        secret = tina.ask(201, "POST", "session:totp")["secret"]
        tina.ask(403, "POST", "session:totp-confirm", {"code": "12"})
        tina.ask(400, "POST", "session:totp-confirm", {})
        spare = tina.ask(200, "POST", "session:totp-confirm",
                         {"code": totp(secret, -30)})["recovery_codes"]
        tina.ask(409, "POST", "session:totp")
        problem = self.browser().sign_in("tina", 401)
        self.assertEqual(problem["code"], "IST-AUTH-012")
        self.browser().sign_in("tina", code=spare[0])
        tina.ask(400, "DELETE", "session:totp", {"code": spare[1], "more": True})
        tina.ask(200, "DELETE", "session:totp", {"code": spare[1]})
        self.browser().ask(400, "POST", "session", {"name": "tina"})
        self.browser().sign_in("viola")
        ended = next(one for one in ask(200, "GET", "sessions")["items"] if one["admin"] == "viola")
        ask(200, "DELETE", "sessions/" + ended["id"])
        link = ask(201, "POST", "admins/viola:link")["link"]
        viola = self.browser()
        viola.ask(400, "POST", "session:link", {})
        viola.csrf = viola.ask(200, "POST", "session:link", {"link": link})["csrf"]
        viola.ask(401, "POST", "session:link", {"link": link})
        viola.ask(200, "DELETE", "session")
        self.guessing(tina)

    def guessing(self, tina):
        """Until the account, then the address, is locked."""
        for _ in range(6):
            tina.send("POST", "session:totp")
            tina.send("POST", "session:password", {"current": "wrong wrong wrong", "new": PASSWORD})
        tina.ask(429, "POST", "session:password", {"current": PASSWORD, "new": PASSWORD})
        tina.ask(429, "DELETE", "session:totp", {"code": "123456"})
        guest = self.browser("127.0.0.9")
        for i in range(100):
            if guest.send("POST", "session:link", {"link": f"none{i}"})[0] == 429:
                break
        guest.ask(429, "POST", "session:link", {"link": "none"})
        guest.ask(429, "POST", "session", {"name": "tina", "password": PASSWORD})
        guest.ask(429, "GET", "oidc/callback?state=x&code=y")

    def provider_sign_in(self):
        browser = self.browser()
        browser.ask(303, "GET", "oidc/login")
        status, got, _ = browser.send("GET", "oidc/login")
        self.assertEqual(status, 303)
        back = User(self.world.authority.ca_file).sign_in(got["Location"], "alice", REDIRECT)
        browser.ask(303, "GET", "oidc/callback?" + urllib.parse.urlsplit(back).query)
        self.assertEqual(browser.ask(200, "GET", "session")["method"], "oidc")
        browser.ask(401, "GET", "oidc/callback?state=x&code=y")
        crowd = self.browser("127.0.0.8")
        for _ in range(20):
            crowd.send("GET", "oidc/login")
        crowd.ask(503, "GET", "oidc/login")

    def without_provider(self):
        """Two more gateways: one whose provider is wrong, one that has none."""
        for name, oidc, login in (("lost", {"admin.oidc": {
                "issuer": self.provider.issuer + "/nowhere", "client_id": "x",
                "redirect_url": REDIRECT}}, 401), ("alone", {}, 404)):
            other = Gateway(self.world.bench, self.world.authority, ["branch.example"], [],
                            tables=oidc, name=name).start()
            try:
                local = self.asked.over(other)
                local.ask(login, "GET", "oidc/login")
                if login == 404:
                    local.ask(404, "GET", "oidc/callback")
            finally:
                other.stop()
