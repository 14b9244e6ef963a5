"""Sign-in with a real OpenID Connect provider, and with one that lies."""

import json
import os
import urllib.parse

from base import OwnWorldTest

from lab.oidc import OidcProvider, User
from lab.panel import Browser

REDIRECT = "https://gateway.contoso.example:8443/api/v1/oidc/callback"
SECRET = "a secret: with % and +"


def start_with_provider(world, client="isthmus"):
    """A gateway that asks an identity provider, which comes back."""
    provider = OidcProvider(world.bench, world.authority, REDIRECT)
    secret = os.path.join(world.bench.directory, "oidc.secret")
    with open(secret, "w", encoding="ascii") as file:
        file.write(SECRET + "\n")
    world.add_branch("udp").start(allow=False, tables={
        "admin": {"names": ["gateway.contoso.example"]},
        "admin.oidc": {"issuer": provider.issuer, "client_id": client,
                       "client_secret_file": secret, "redirect_url": REDIRECT},
        "admin.oidc.roles": {"xmpp-operators": "admin", "service-desk": "helpdesk"}})
    return provider


class IdentityProvider(OwnWorldTest):
    @classmethod
    def build(cls, world):
        cls.provider = start_with_provider(world, cls.client())

    @classmethod
    def client(cls):
        return "isthmus"

    def setUp(self):
        self.provider.lie("")
        self.browser = self.new_browser()

    def new_browser(self):
        browser = Browser(self.gateway.listeners["admin"][0], self.world.authority.ca_file)
        browser.context.check_hostname = False  # the laboratory's certificate names no address
        return browser

    def callback(self, name, change=lambda query: query, browser=None):
        """(status, answer) of the callback after `name` has signed in at the provider."""
        browser = browser or self.browser
        status, _, headers = browser.ask("GET", "oidc/login")
        self.assertEqual(status, 303)
        back = User(self.world.authority.ca_file).sign_in(headers["Location"], name, REDIRECT)
        query = change(urllib.parse.urlsplit(back).query)
        status, answer, _ = browser.ask("GET", "oidc/callback?" + query)
        return status, answer

    def refused(self, outcome, words):
        status, answer = outcome
        self.assertEqual((status, answer["code"]), (401, "IST-AUTH-018"), answer)
        self.assertIn(words, answer["evidence"])
        self.assertNotIn("__Host-isthmus", self.browser.cookies)

    def test_roles_follow_the_groups(self):
        for name, role in (("alice", "admin"), ("dora", "helpdesk")):
            browser = self.new_browser()
            status, answer = self.callback(name, browser=browser)
            self.assertEqual(status, 303, answer)
            status, me, _ = browser.ask("GET", "session")
            self.assertEqual((status, me["admin"], me["role"]), (200, f"oidc:{name}", role))
            browser.csrf = me["csrf"]
            made = browser.ask("POST", "partners", {"domain": f"{name}.example"})[0]
            self.assertEqual(made, 201 if role == "admin" else 403)
        self.assertIn("oidc:alice", self.gateway.cli("config", "history", "-o", "json").stdout)
        self.assertIn("oidc:dora", self.gateway.cli("admin", "session", "list").stdout)

    def test_who_has_no_role_stays_out(self):
        status, answer = self.callback("mallory")
        self.assertEqual(answer["code"], "IST-AUTH-018")
        self.assertIn(status, (401, 403))
        self.assertEqual(self.browser.ask("GET", "status")[0], 401)

    def test_a_browser_is_not_left_with_json(self):
        status, _, headers = self.browser.ask("GET", "oidc/callback?state=x&code=y",
                                              headers={"Accept": "text/html,*/*;q=0.8"})
        self.assertEqual((status, headers["Location"]), (303, "/#refused=IST-AUTH-018"))

    def test_lies_are_refused(self):
        for lie, words in (("nonce", "nonce"), ("aud", "aud"), ("iss", "iss"), ("expired", "exp"),
                           ("future", "iat"), ("none", "RS256"), ("hs256", "RS256"),
                           ("forged", "signature")):
            with self.subTest(lie):
                self.provider.lie(lie)
                mark = self.gateway.mark()
                self.refused(self.callback("alice"), words)
                self.gateway.wait_event("admin.audit", start=mark, result="refused")

    def test_answers_to_other_questions_are_refused(self):
        self.refused(self.callback("alice", lambda q: q.replace("state=", "state=0")), "state")
        self.refused(self.callback("alice", lambda q: q.replace("code=", "code=x")), "HTTP 400")
        # Another browser's answer (login CSRF).
        stranger = self.new_browser()
        status, _, headers = stranger.ask("GET", "oidc/login")
        self.assertEqual(status, 303)
        back = User(self.world.authority.ca_file).sign_in(headers["Location"], "alice", REDIRECT)
        status, answer, _ = self.browser.ask(
            "GET", "oidc/callback?" + urllib.parse.urlsplit(back).query)
        self.refused((status, answer), "state")

    def test_a_code_counts_once(self):
        kept = []
        self.assertEqual(self.callback("alice", lambda q: kept.append(q) or q)[0], 303)
        other = self.new_browser()
        other.cookies = dict(self.browser.cookies)
        self.assertEqual(other.ask("GET", "oidc/callback?" + kept[0])[0], 401)

    def test_no_secret_in_the_log(self):
        self.callback("alice")
        log = self.gateway.process.output(0)
        self.assertNotIn("with %", log)
        self.assertNotIn(json.dumps(self.browser.cookies["__Host-isthmus"]), log)


class IdentityProviderWithCurves(IdentityProvider):
    """The same with ES256."""

    @classmethod
    def client(cls):
        return "isthmus-ec"
