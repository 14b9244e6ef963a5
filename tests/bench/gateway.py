"""The gateway under test, between one SIP peer and one XMPP partner, both played by the generator.

link "s2s": server-to-server streams by dialback in the clear; "tls": TLS on both sides, SASL
EXTERNAL on the streams; "component": in the clear, XEP-0114 as Kamailio uses it.
"""
import os
import subprocess
import tempfile
import time
import urllib.request

from daemon import Daemon
from generator import Failure, on_core

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

CONFIGURATION = """
[server]
name = "gateway.contoso.example"
state_dir = "{folder}"
[sip]
listen = ["tcp:127.0.0.1:0", "tls:127.0.0.1:0"]
domains = ["contoso.example"]
[[sip.peer]]
name = "bench"
kind = "{kind}"
target = "{target}"
domains = ["contoso.example"]
{proof}
[xmpp]
listen = ["127.0.0.1:0"]
{component}
[dns.static]
"_xmpp-server._tcp.fabrikam.example" = ["0 0 {xmpp_port} xmpp.fabrikam.example"]
"xmpp.fabrikam.example" = ["127.0.0.1"]
"sip.contoso.example" = ["127.0.0.1"]
[tls]
trust = "none"
extra_ca_files = ["{certificates}/ca.pem"]
certificate_file = "{certificates}/gateway.pem"
private_key_file = "{certificates}/gateway.key"
[admin]
listen = ["127.0.0.1:0"]
[metrics]
listen = "127.0.0.1:0"
{more}
"""

PARTNER = {
    "s2s": ["NotSupported", "NotSupported", "true"],
    "tls": ["Required", "Required", "false"],
    "component": ["NotSupported", "NotSupported", "true"],
}


def unit_environment():
    """What the systemd unit, as which it is installed, gives the process."""
    with open(f"{ROOT}/packaging/isthmus.service") as unit:
        return dict(line.strip().split("=", 1)[1].split("=", 1) for line in unit
                    if line.startswith("Environment="))


class Gateway(Daemon):
    """`fill` writes into the database while the process is stopped; `more` is configuration."""

    def __init__(self, binary, certificates, generator, core, link="s2s", fill=None, more="",
                 kind="simple"):
        self.name = f"isthmus {link}"
        self.binary = binary
        self.core = core
        self.folder = tempfile.TemporaryDirectory(prefix="bench-isthmus-")
        self.socket = f"unix:{self.folder.name}/admin.sock"
        self._configure(certificates, generator, link, more, kind)
        self.command = [*on_core(core), binary, "serve", "--config",
                        f"{self.folder.name}/isthmus.toml"]
        try:
            ports = self._start()
            self._permit(link)
            if fill:
                self.end()
                fill(self.database())
                ports = self._start()
            self._meet(generator, ports, link)
        except Failure as failure:
            self.stop()
            raise Failure(f"{self.name}: {failure}") from None

    def database(self):
        return f"{self.folder.name}/isthmus.db"

    def _configure(self, certificates, generator, link, more, kind):
        secret = f"{self.folder.name}/component.secret"
        with open(secret, "w") as out:
            out.write("secret\n")
        component = ""
        if link == "component":
            component = (f'[xmpp.component]\nserver = "127.0.0.1:{generator.ports["xmpp"]}"\n'
                         f'domain = "contoso.example"\nsecret_file = "{secret}"')
        if link == "tls":
            target = f"tls:sip.contoso.example:{generator.ports['sip_tls']}"
            proof = 'certificate_names = ["sip.contoso.example"]'
        else:
            target = f"tcp:127.0.0.1:{generator.ports['sip_tcp']}"
            proof = 'addresses = ["127.0.0.1"]'
        with open(f"{self.folder.name}/isthmus.toml", "w") as out:
            out.write(CONFIGURATION.format(
                folder=self.folder.name, target=target, proof=proof, component=component, more=more,
                kind=kind,
                xmpp_port=generator.ports["xmpp"], certificates=certificates))

    def _start(self):
        self.log = open(f"{self.folder.name}/log", "ab")
        listeners = self.run(self.command, self._keep_line, 120,
                             env={**os.environ, **unit_environment()})
        if listeners is None:
            raise Failure(f"the gateway did not start: {self.last_log()}")
        ports = {}
        for address in listeners["sip"]:
            ports[address.split(":")[0]] = int(address.rsplit(":", 1)[1])
        ports["xmpp"] = int(listeners["xmpp"][0].rsplit(":", 1)[1])
        self.metrics_address = listeners["metrics"][0]
        self.admin_address = listeners["admin"][0]
        return ports

    def _keep_line(self, line):
        self.log.write(line.encode())
        self.log.flush()

    def last_log(self):
        self.log.flush()
        with open(f"{self.folder.name}/log", errors="replace") as lines:
            return lines.read()[-1500:]

    def metric(self, name):
        """The value of a metric, whose labels belong to `name`."""
        with urllib.request.urlopen(f"http://{self.metrics_address}/metrics", timeout=30) as page:
            for line in page.read().decode().splitlines():
                if line.startswith(f"{name} "):
                    return float(line.rsplit(" ", 1)[1])
        raise Failure(f"there is no metric {name}")

    def tell(self, *words):
        command = [self.binary, "--server", self.socket, *words]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failure(f"{' '.join(words)}: {done.stdout}{done.stderr}")

    def _permit(self, link):
        tls, sasl, dialback = PARTNER[link]
        self.tell("access-edge", "set", "--allow-federated-users", "true")
        self.tell("gateway", "set", "--presence-restore-rate", "10000")
        self.tell("policy", "set", "global", "--enable-federation-access", "true",
                   "--enable-xmpp-access", "true")
        self.tell("partner", "create", "fabrikam.example", "--partner-type", "Federated",
                   "--tls-negotiation", tls, "--sasl-negotiation", sasl,
                   "--support-dialback-negotiation", dialback)

    def _meet(self, generator, ports, link):
        is_tls = int(link == "tls")
        generator.must("xmpp-tls", on=is_tls)
        generator.must("sip-connect", port=ports["tls" if is_tls else "tcp"], tls=is_tls)
        if link == "component":
            generator.must("await-component", timeout=30)
        else:
            generator.must("xmpp-connect", port=ports["xmpp"], timeout=30)
        for direction in ("sip", "xmpp"):
            generator.must("run", direction=direction, count=1, window=1, timeout=30)
        self.generator = generator

    def start_again(self):
        """After a crash. Seconds from the start of the process until it takes traffic."""
        self.end_at_once()
        start = time.monotonic()
        ports = self._start()
        seconds = time.monotonic() - start
        self._meet(self.generator, ports, "s2s")
        return seconds

    def processes(self):
        return [self.process.pid]

    def stop(self):
        if self.process:
            self.end()
        keep = os.environ.get("BENCH_KEEP")
        if keep:
            os.makedirs(keep, exist_ok=True)
            os.replace(f"{self.folder.name}/log", f"{keep}/gateway-{self.process.pid}.log")
        self.folder.cleanup()
