"""Certificates of partners that are revoked while their streams are up, with a real server."""

import json
import os
import shutil

from base import OwnWorldTest, settle, unique

from lab.process import PATIENCE, wait_until


class Revoked(OwnWorldTest):
    @classmethod
    def build(cls, world):
        world.add_branch("udp").add_prosody().add_northwind()
        cls.list = world.authority.revocation_list("none-revoked")
        cls.in_use = os.path.join(world.bench.subdirectory("lists"), "authority.crl")
        shutil.copy(cls.list, cls.in_use)
        world.start(tables={"tls": {"crl_files": [cls.in_use]}})
        for domain in ("fabrikam.example", "northwind.example"):
            world.gateway.cli("partner", "set", domain, "--sasl-negotiation", "Required",
                              "--support-dialback-negotiation", "false")
        world.romeo = world.xmpp_user("romeo")

    def put_in_force(self, file):
        shutil.copy(file, self.in_use + ".new")
        os.replace(self.in_use + ".new", self.in_use)
        self.gateway.cli("config", "reload")

    def up(self, domain="fabrikam.example"):
        status = json.loads(self.gateway.cli("status", "-o", "json").stdout)
        return sorted(one["direction"] for one in status["streams"]
                      if one["state"] == "up" and one["remote_domain"] == domain)

    def exchange(self):
        text = unique("both ways")
        self.assertIn(self.world.branch.message("sip:romeo@fabrikam.example", text).wait().code,
                      (200, 202))
        self.world.romeo.wait("message", body=text)
        self.world.romeo.send("bob@branch.example", text)
        self.world.branch.wait_request(body=text)

    def test_the_streams_end_and_stay_away_until_it_is_good_again(self):
        self.exchange()
        bystander = self.world.northwind_stream(to="branch.example")
        self.assertEqual(self.up(), ["in", "out"])
        start = self.gateway.mark()
        prosody = self.world.prosody
        self.put_in_force(self.world.authority.revocation_list("one-revoked", prosody.certificate))
        for direction in ("in", "out"):
            self.gateway.wait_event("s2s.down", start=start, direction=direction,
                                    partner="fabrikam.example", code="IST-CERT-041")
        wait_until(lambda: not self.up(), PATIENCE, "the streams to end")
        self.assertTrue(bystander.alive(), "whose certificate is good hears nothing of it")
        self.assertEqual(self.up("northwind.example"), ["in"])

        # Nothing passes any more, in either direction, and both senders are told.
        text = unique("to whom nobody trusts")
        response = self.world.branch.message("sip:romeo@fabrikam.example", text).wait()
        self.assertGreaterEqual(response.code, 400)
        self.assertIn("revoked", response.get("Warning"))
        self.world.romeo.send("bob@branch.example", text)
        self.world.romeo.wait("error", seconds=60)
        settle()
        self.assertNotIn(text, self.world.branch.bodies())
        shown = json.loads(self.gateway.cli("partner", "get", "fabrikam.example", "-o",
                                            "json").stdout)
        self.assertIn("IST-CERT-041", json.dumps(shown["links"]))

        self.put_in_force(self.list)
        wait_until(lambda: self.world.branch.message(
            "sip:romeo@fabrikam.example", unique("again")).wait().code in (200, 202),
            60, "messages to pass again")
        self.assertIn("out", self.up())
