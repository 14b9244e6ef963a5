"""A real Prosody on loopback, configured like Debian's default where it matters.

`trust` decides how it proves servers:
  "certificate"  trusts the laboratory's CA and accepts certificates only (s2s_secure_auth)
  "default"      trusts the CA, but also takes dialback over TLS
  "dialback"     trusts no CA and shows a self-signed certificate, so only dialback is left
  "plain"        knows no TLS between servers, so only dialback in clear text is left
"""

import os
import subprocess

from .process import PATIENCE, LabError, Process, Server, accepts, find_program, free_port
from .pki import self_signed

MODULES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "prosody_modules")

CONFIG = """
run_as_root = true
daemonize = false
pidfile = "{directory}/prosody.pid"
data_path = "{data}"
certificates = "{directory}"
interfaces = {{ "127.0.0.1" }}
local_interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {c2s} }}
s2s_ports = {{ {s2s} }}
component_ports = {{ {component} }}
component_interfaces = {{ "127.0.0.1" }}
plugin_paths = {{ "{modules}" }}
modules_enabled = {{
    "lab_ladder", "disco", "roster", "saslauth", "tls", "blocklist", "carbons", "dialback",
    "limits", "pep", "private", "smacks", "vcard4", "vcard_legacy", "csi_simple", "ping", "time",
    "uptime", "version"{modules_enabled}
}}
modules_disabled = {{ "posix" }}
authentication = "internal_plain"
allow_registration = false
c2s_require_encryption = true
s2s_require_encryption = {encryption}
s2s_secure_auth = {secure}
s2s_insecure_domains = {{ }}
limits = {{ c2s = {{ rate = "10mb/s" }}, s2sin = {{ rate = "30mb/s" }} }}
ssl = {{
    certificate = "{certificate}", key = "{key}"{cafile}
}}
unbound = {{
    resolvconf = false, hoststxt = false, forward = {{ "127.0.0.1@{dns}" }},
    options = {{ ["do-not-query-localhost:"] = "no", ["cache-max-negative-ttl:"] = "0" }}
}}
log = {{ {{ levels = {{ min = "debug" }}, to = "console" }} }}
{options}
VirtualHost "{domain}"
{components}
"""


class Prosody(Server):
    """One Prosody for one domain."""

    def __init__(self, bench, domain, dns, authority, trust="default", components=None,
                 port=None, modules=(), options=""):
        """`modules`: more of them; `options`: more lines of the configuration."""
        self.bench, self.domain, self.dns, self.trust = bench, domain, dns, trust
        self.directory = bench.subdirectory(f"prosody-{domain}")
        self.c2s_port, self.s2s_port = free_port(), port or free_port()
        self.component_port = free_port()
        self.users = {}
        self.process = None
        hosts = [domain, f"xmpp.{domain}"]
        if trust == "dialback":
            self.certificate = self_signed(self.directory, domain, hosts)
        else:
            self.certificate = authority.issue(domain, hosts)
        self._config = os.path.join(self.directory, "prosody.cfg.lua")
        cafile = "" if trust == "dialback" else f',\n    cafile = "{authority.ca_file}"'
        with open(self._config, "w", encoding="utf-8") as config:
            config.write(CONFIG.format(
                directory=self.directory, modules=MODULES,
                data=bench.subdirectory(f"prosody-{domain}/data"),
                c2s=self.c2s_port, s2s=self.s2s_port, component=self.component_port,
                secure="true" if trust == "certificate" else "false", dns=dns.port,
                encryption="false" if trust == "plain" else "true", options=options,
                modules_enabled="".join(
                    f', "{name}"' for name in [*modules, *(
                        ["lab_plain_s2s"] if trust == "plain" else [])]),
                certificate=self.certificate.certificate, key=self.certificate.key,
                cafile=cafile, domain=domain,
                components="\n".join(
                    f'Component "{name}"\n    component_secret = "{secret}"'
                    for name, secret in (components or {}).items()),
            ))
        dns.xmpp_server(domain, self.s2s_port)

    def add_user(self, name, password="secret"):
        done = subprocess.run(
            [find_program("prosodyctl"), "--config", self._config, "register", name, self.domain,
             password], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise LabError(f"prosodyctl register {name}: {done.stdout}{done.stderr}")
        self.users[f"{name}@{self.domain}"] = password

    def start(self):
        if self.process:
            return self
        self.process = self.bench.own(Process(
            f"prosody-{self.domain}",
            [find_program("prosody"), "-F", "--config", self._config], self.directory))
        self.process.wait_ready(
            lambda: accepts(self.c2s_port) and accepts(self.s2s_port), PATIENCE,
            "Prosody's ports")
        return self
