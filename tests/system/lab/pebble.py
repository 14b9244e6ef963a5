"""Pebble, the test server of the ACME protocol, and certbot as its client."""

import json
import os
import subprocess

from .process import PATIENCE, Process, accepts, find_program, free_port, wait_until


class Pebble:
    """Proves domains over HTTP as a public authority does; finds them through `dns`."""

    def __init__(self, bench, authority, dns, name="pebble"):
        self.directory = bench.subdirectory(name)
        self.ca_file = authority.ca_file
        self.port, self.http_port = free_port(), free_port()
        shown = authority.issue(name, ["localhost", "127.0.0.1"])
        config = os.path.join(self.directory, "pebble.json")
        with open(config, "w", encoding="utf-8") as file:
            json.dump({"pebble": {
                "listenAddress": f"127.0.0.1:{self.port}",
                "managementListenAddress": f"127.0.0.1:{free_port()}",
                "certificate": shown.certificate, "privateKey": shown.key,
                "httpPort": self.http_port, "tlsPort": free_port()}}, file)
        self.process = Process(
            name, [find_program("pebble"), "-config", config, "-dnsserver",
                   f"127.0.0.1:{dns.port}"],
            self.directory, env={"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"})
        wait_until(lambda: accepts(self.port), PATIENCE, "pebble")

    def certbot(self, *arguments, env=None):
        """Runs it with an account and a place of its own; the finished process."""
        places = [word for place in ("config", "work", "logs") for word in
                  (f"--{place}-dir", os.path.join(self.directory, place))]
        return subprocess.run(
            [find_program("certbot"), *arguments, "--non-interactive", *places],
            capture_output=True, text=True, timeout=PATIENCE, check=False,
            env={**os.environ, "REQUESTS_CA_BUNDLE": self.ca_file, **(env or {})})

    def certonly(self, domains, *arguments, env=None):
        names = [word for domain in domains for word in ("-d", domain)]
        return self.certbot(
            "certonly", "--standalone", "--http-01-address", "127.0.0.1", "--http-01-port",
            str(self.http_port), "--server", f"https://localhost:{self.port}/dir", "--agree-tos",
            "--register-unsafely-without-email", *names, *arguments, env=env)

    def stop(self):
        self.process.stop()
