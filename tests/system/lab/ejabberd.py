"""A real ejabberd on loopback, close to Debian's default (TLS required between servers).

Started as a plain Erlang node without distribution, so that it needs neither a node name nor
epmd; accounts are made through its HTTP API, which listens on loopback only.
"""

import json
import urllib.error
import urllib.request

from .pki import self_signed
from .process import PATIENCE, LabError, Process, Server, accepts, find_program, free_port

CONFIG = """
loglevel: debug
log_rotate_count: 0
hosts:
  - {domain}
certfiles:
  - {bundle}
{ca_file}
s2s_use_starttls: {starttls}
s2s_dns_timeout: 10
s2s_max_retry_delay: 1
auth_password_format: plain
negotiation_timeout: 30
define_macro:
  'TLS_OPTIONS': ["no_sslv3", "no_tlsv1", "no_tlsv1_1", "cipher_server_preference",
                  "no_compression"]
c2s_protocol_options: 'TLS_OPTIONS'
s2s_protocol_options: 'TLS_OPTIONS'
listen:
  -
    port: {c2s}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    max_stanza_size: 262144
    starttls_required: true
    protocol_options: 'TLS_OPTIONS'
  -
    port: {s2s}
    ip: "127.0.0.1"
    module: ejabberd_s2s_in
    max_stanza_size: 524288
  -
    port: {http}
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers:
      /api: mod_http_api
acl:
  loopback:
    ip:
      - 127.0.0.0/8
api_permissions:
  "laboratory":
    who:
      access:
        allow:
          - acl: loopback
    what: "*"
modules:
  mod_adhoc: {{}}
  mod_admin_extra: {{}}
  mod_caps: {{}}
  mod_carboncopy: {{}}
  mod_client_state: {{}}
  mod_disco: {{}}
  mod_http_api: {{}}
  mod_last: {{}}
  mod_offline: {{}}
  mod_ping: {{}}
  mod_privacy: {{}}
  mod_private: {{}}
  mod_roster:
    versioning: true
  mod_s2s_dialback: {{}}
  mod_stream_mgmt:
    resend_on_timeout: if_offline
  mod_vcard: {{}}
  mod_version: {{}}
"""

# Five seconds of computing, which can be a minute on a machine that has other things to do.
START = 3 * PATIENCE


class Ejabberd(Server):
    """One ejabberd for one domain.

    With trust="dialback" it knows no CA and shows a self-signed certificate, so that only
    dialback over TLS is left; with trust="plain" it knows no TLS between servers.
    """

    def __init__(self, bench, domain, dns, authority, trust="certificate"):
        self.bench, self.domain, self.dns, self.trust = bench, domain, dns, trust
        self.directory = bench.subdirectory(f"ejabberd-{domain}")
        self.c2s_port, self.s2s_port, self._http_port = free_port(), free_port(), free_port()
        self.users = {}
        self.process = None
        hosts = [domain, f"xmpp.{domain}"]
        if trust == "dialback":
            self.certificate = self_signed(self.directory, domain, hosts)
        else:
            self.certificate = authority.issue(domain, hosts)
        ca_file = "" if trust == "dialback" else f"ca_file: {authority.ca_file}"
        with open(self.path("ejabberd.yml"), "w", encoding="utf-8") as config:
            config.write(CONFIG.format(
                domain=domain, bundle=self.certificate.bundle, ca_file=ca_file,
                starttls="false" if trust == "plain" else "required",
                c2s=self.c2s_port, s2s=self.s2s_port, http=self._http_port))
        with open(self.path("inetrc"), "w", encoding="ascii") as inetrc:
            inetrc.write(
                # The nameserver stands last: the earlier lines forget it.
                '{resolv_conf, ""}.\n{hosts_file, ""}.\n{cache_size, 0}.\n{lookup, [dns]}.\n'
                f"{{nameserver, {{127,0,0,1}}, {dns.port}}}.\n")
        dns.xmpp_server(domain, self.s2s_port)

    def start(self):
        libraries = "/usr/lib/x86_64-linux-gnu:/usr/lib"
        self.process = self.bench.own(Process(
            f"ejabberd-{self.domain}",
            [find_program("erl"), "-noinput", "+sbwt", "none", "-mnesia", "dir",
             f'"{self.path("mnesia")}"', "-ejabberd", "log_rotate_count", "0", "-s", "ejabberd"],
            self.directory,
            env={
                "HOME": self.directory,
                "ERL_LIBS": libraries,
                "ERL_INETRC": self.path("inetrc"),
                "ERL_CRASH_DUMP_SECONDS": "0",
                "EJABBERD_CONFIG_PATH": self.path("ejabberd.yml"),
                "EJABBERD_LOG_PATH": self.path("ejabberd.log"),
            }))
        self.process.wait_ready(
            lambda: all(map(accepts, (self.c2s_port, self.s2s_port, self._http_port))),
            START, "ejabberd's ports")
        return self

    def add_user(self, name, password="secret"):
        self.api("register", user=name, host=self.domain, password=password)
        self.users[f"{name}@{self.domain}"] = password

    def api(self, command, **arguments):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._http_port}/api/{command}",
            data=json.dumps(arguments).encode(), headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise LabError(f"ejabberd {command}: {error.read().decode()}") from None

    def server_log(self):
        with open(self.path("ejabberd.log"), encoding="utf-8", errors="replace") as log:
            return log.read()
