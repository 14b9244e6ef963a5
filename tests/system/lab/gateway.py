"""The gateway under test: its configuration, its process, its command line, logs and metrics."""

import json
import os
import re
import subprocess
import urllib.error
import urllib.request

from .process import PATIENCE, LabError, Process, free_port, wait_until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def binary():
    """The program under test: $ISTHMUS_BINARY, else what `make build` made."""
    path = os.environ.get("ISTHMUS_BINARY", os.path.join(ROOT, "build", "isthmus"))
    if not os.access(path, os.X_OK):
        raise LabError(f"{path} is missing; run `make build`")
    return path


def write_toml(tables):
    """TOML of {table: {key: value}}; a list of dicts becomes an array of tables."""
    lines = []
    for table, content in tables.items():
        for entry in content if isinstance(content, list) else [content]:
            lines.append(f"[[{table}]]" if isinstance(content, list) else f"[{table}]")
            lines += [f"{_key(key)} = {_value(value)}" for key, value in entry.items()]
            lines.append("")
    return "\n".join(lines)


def _key(key):
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)


def _value(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    return json.dumps(value)


class Gateway:
    """One gateway. It starts on free ports and keeps them over restarts.

    `peers` are the [[sip.peer]] tables; `static` is [dns.static]; `tables` overrides anything:
    {"limits": {"max_sip_bytes": 2000}}.
    """

    def __init__(self, bench, authority, domains, peers, static=None, tables=None,
                 name="gateway", sip_listen=None, certificate=None):
        self.bench, self.name = bench, name
        self.directory = bench.subdirectory(name)
        self.certificate = certificate or authority.issue(
            name, ["gateway.contoso.example", "sip.contoso.example", *domains])
        self.tables = {
            "server": {"name": "gateway.contoso.example", "state_dir": self.directory},
            "sip": {"listen": sip_listen or [f"{where}:{free_port()}" for where in (
                "udp:127.0.0.1", "tcp:127.0.0.1", "tls:127.0.0.1", "udp:[::1]", "tcp:[::1]")],
                    "domains": list(domains)},
            "sip.peer": peers,
            "xmpp": {"listen": [f"127.0.0.1:{free_port()}", f"[::1]:{free_port()}"]},
            "dns.static": dict(static or {}),
            "tls": {"trust": "none", "extra_ca_files": [authority.ca_file],
                    "certificate_file": self.certificate.certificate,
                    "private_key_file": self.certificate.key},
            "admin": {"listen": [f"127.0.0.1:{free_port()}"], "unix_socket": "admin.sock"},
            "metrics": {"listen": f"127.0.0.1:{free_port()}"},
            "log": {"format": "json", "level": "info"},
        }
        for table, content in (tables or {}).items():
            if isinstance(content, dict):
                self.tables.setdefault(table, {}).update(content)
            else:
                self.tables[table] = content
        self.process = None
        self.listeners = {}
        self._start_of_log = 0

    # Life

    def start(self, seconds=PATIENCE):
        self.write_config()
        self.process = self.bench.own(Process(
            self.name, [binary(), "serve", "--config", self.config_file], self.directory))
        ready = self.process.wait_ready(lambda: self._ready_event(), seconds, "daemon.ready")
        self.listeners = ready["listeners"]
        self._keep_ports()
        return self

    def _ready_event(self):
        return next((e for e in self.events(self._start_of_log)
                     if e.get("event") == "daemon.ready"), None)

    def _keep_ports(self):
        """Whoever learnt our ports must find us there after a restart."""
        self.tables["sip"]["listen"] = self.listeners["sip"]
        self.tables["xmpp"]["listen"] = self.listeners["xmpp"]
        self.tables["admin"]["listen"] = self.listeners["admin"]
        self.tables["metrics"]["listen"] = self.listeners["metrics"][0]

    @property
    def config_file(self):
        return os.path.join(self.directory, "isthmus.toml")

    def write_config(self):
        with open(self.config_file, "w", encoding="utf-8") as file:
            file.write(write_toml(self.tables))

    def kill(self):
        """kill -9"""
        self.bench.disown(self.process)
        self.process.kill()

    def restart(self):
        self._start_of_log = os.path.getsize(self.process.log)
        return self.start()

    def stop(self, seconds=PATIENCE):
        if self.process:
            self.bench.disown(self.process)
            self.process.stop(seconds)

    # Where it listens

    def sip_port(self, transport="udp", family=4):
        prefix = f"{transport}:[" if family == 6 else f"{transport}:"
        for listener in self.listeners["sip"]:
            if listener.startswith(prefix) and ("[" in listener) == (family == 6):
                return int(listener.rsplit(":", 1)[1])
        raise LabError(f"no {transport} listener in {self.listeners['sip']}")

    def sip_address(self, transport="udp", family=4):
        return ("::1" if family == 6 else "127.0.0.1", self.sip_port(transport, family))

    @property
    def xmpp_address(self):
        return ("127.0.0.1", int(self.listeners["xmpp"][0].rsplit(":", 1)[1]))

    @property
    def metrics_url(self):
        return f"http://{self.listeners['metrics'][0]}"

    @property
    def admin_socket(self):
        return os.path.join(self.directory, "admin.sock")

    # What an administrator does

    def cli(self, *arguments, check=True, seconds=PATIENCE, stdin=None):
        """Runs `isthmus ARGUMENTS` against this gateway; `stdin` is a text."""
        given = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
        done = subprocess.run([binary(), "--server", f"unix:{self.admin_socket}", *arguments],
                              capture_output=True, text=True, timeout=seconds, check=False,
                              **given)
        if check and done.returncode != 0:
            raise LabError(f"isthmus {' '.join(arguments)}: exit {done.returncode}\n"
                           f"{done.stdout}{done.stderr}")
        return done

    def allow_everything(self, *partners):
        """The switches and partners without which nothing passes."""
        self.cli("access-edge", "set", "--allow-federated-users", "true")
        self.cli("policy", "set", "global", "--enable-federation-access", "true",
                 "--enable-xmpp-access", "true")
        for partner in partners:
            self.cli("partner", "create", partner, "--partner-type", "Federated")

    def http(self, path):
        """(status, text) of a GET on the metrics listener."""
        try:
            with urllib.request.urlopen(self.metrics_url + path, timeout=PATIENCE) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metrics(self):
        """{(name, frozenset of labels): value}"""
        samples = {}
        for line in self.http("/metrics")[1].splitlines():
            found = re.fullmatch(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)", line)
            if found:
                labels = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found[2] or "")
                samples[(found[1], frozenset(labels))] = float(found[3])
        return samples

    def metric(self, name, **labels):
        """The sum of the samples of `name` that carry these labels."""
        wanted = set(labels.items())
        return sum(value for (n, l), value in self.metrics().items() if n == name and wanted <= l)

    def wait_metric(self, value, name, **labels):
        """Until the sum of these samples is `value`."""
        try:
            wait_until(lambda: self.metric(name, **labels) == value, PATIENCE, "the metric")
        except LabError:
            raise LabError(f"{name} {labels} is {self.metric(name, **labels):g}, not {value}"
                           ) from None

    def wait_nothing_pending(self):
        """Until the outcome of every message is known."""
        self.wait_metric(0, "isthmus_messages_pending")

    # What it said

    def events(self, start=0):
        """The log's JSON objects from an offset on."""
        found = []
        for line in self.process.output(start).splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict):
                found.append(event)
        return found

    def mark(self):
        """An offset for events(): everything logged from now on."""
        return os.path.getsize(self.process.log)

    def wait_event(self, event, seconds=PATIENCE, start=0, **fields):
        def find():
            return next((e for e in self.events(start) if e.get("event") == event
                         and all(e.get(k) == v for k, v in fields.items())), None)

        return wait_until(find, seconds, f"log event {event} {fields}")

    def memory(self):
        """Resident octets of the process."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            kilobytes = re.search(r"VmRSS:\s+(\d+)", status.read())[1]
        return int(kilobytes) * 1024

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

