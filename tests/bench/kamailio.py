"""Kamailio with its xmpp module, attached as a component to the generator: the peer to compare.

"ordinary" is the script of the module's own README, transactional, with the allocator and buffers
Debian ships; "fastest" answers statelessly and has the allocator, buffers and memory which measured
best. Both run on all cores, with which they measured best.
"""
import os
import socket
import subprocess
import tempfile

from generator import Failure

CONFIGURATION = """#!KAMAILIO
debug={debug}
log_stderror=yes
fork=yes
children=4
tcp_children=4
listen=tcp:127.0.0.1:{sip_port}
auto_aliases=no
dns=no
rev_dns=no
tcp_connection_lifetime=3605
{tuning}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "xmpp.so"
modparam("xmpp", "backend", "component")
modparam("xmpp", "gateway_domain", "contoso.example")
modparam("xmpp", "xmpp_domain", "contoso.example")
modparam("xmpp", "xmpp_host", "127.0.0.1")
modparam("xmpp", "xmpp_port", {xmpp_port})
modparam("xmpp", "xmpp_password", "secret")
modparam("xmpp", "gwmap", "contoso.example=contoso.example;fabrikam.example=fabrikam.example")
modparam("xmpp", "outbound_proxy", "sip:127.0.0.1:{peer_port};transport=tcp")
{modules}
request_route {{
{route}
}}
"""

TRANSACTIONAL = """
    if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
    if (msg:len >= 2048) { sl_send_reply("513", "Message too big"); exit; }
    if (!t_newtran()) { sl_reply_error(); exit; }
    if (method == "MESSAGE") {
        if (xmpp_send_message()) { t_reply("200", "Accepted"); }
        else { t_reply("404", "Not found"); }
        exit;
    }
    t_reply("503", "Service unavailable");
"""

STATELESS = """
    if (method == "MESSAGE") { xmpp_send_message(); sl_send_reply("200", "Accepted"); }
"""

PRESENCE = """
    if (method == "NOTIFY") { pua_xmpp_notify(); sl_send_reply("200", "OK"); exit; }
    sl_send_reply("503", "Service unavailable");
"""

KINDS = {
    "ordinary": {"route": TRANSACTIONAL, "tuning": "", "options": []},
    "fastest": {
        "route": STATELESS,
        "tuning": "tcp_rd_buf_size=65536\nshm_force_alloc=yes",
        "options": ["-x", "fm"],
    },
    "presence": {"route": PRESENCE, "tuning": "dns_udp_pref=1\ndns_tcp_pref=10\ndns_try_naptr=off\nuse_dns_failover=on", "options": [], "debug": -5},
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def available_megabytes():
    with open("/proc/meminfo") as lines:
        fields = dict(line.split(":") for line in lines)
    return int(fields["MemAvailable"].split()[0]) // 1024


class Kamailio:
    def __init__(self, kind, programs, generator):
        """`kind`: one of KINDS."""
        self.name = f"kamailio {kind}"
        self.generator = generator
        self.folder = tempfile.TemporaryDirectory(prefix="bench-kamailio-")
        sip_port = free_port()
        configuration = f"{self.folder.name}/kamailio.cfg"
        settings = KINDS[kind]
        with open(configuration, "w") as out:
            out.write(CONFIGURATION.format(
                sip_port=sip_port, xmpp_port=generator.ports["xmpp"],
                peer_port=generator.ports["sip_tcp"], route=settings["route"],
                tuning=settings["tuning"], debug=settings.get("debug", 0), modules=self.modules(sip_port, generator)))
        # A transaction stays for 5 s with about 10 KB of shared memory: enough for 80,000/s.
        megabytes = min(4096, available_megabytes() // 4)
        self.command = ["kamailio", "-DD", "-E", "-f", configuration, "-Y", self.folder.name,
                        "-m", str(megabytes), "-M", "64", *settings["options"]]
        self.log = open(f"{self.folder.name}/log", "w+")
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.DEVNULL, stderr=self.log,
            env={**os.environ, "LD_PRELOAD": f"{programs}/kamailio_expat_shim.so"})
        try:
            generator.must("await-component", timeout=30)
            generator.must("sip-connect", port=sip_port)
            self.meet(generator)
        except Failure as failure:
            self.stop()
            raise Failure(f"{self.name}: {failure}") from None

    def modules(self, sip_port, generator):
        """More lines of configuration."""
        return ""

    def meet(self, generator):
        """Whether anything passes at all."""
        for direction in ("sip", "xmpp"):
            generator.must("run", direction=direction, count=1, window=1)

    def processes(self):
        """Kamailio is many processes; all of them count."""
        found = [self.process.pid]
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    with open(f"/proc/{entry}/stat") as stat:
                        parent = int(stat.read().rsplit(")", 1)[1].split()[1])
                except OSError:
                    continue
                if parent == self.process.pid:
                    found.append(int(entry))
        return found

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.folder.cleanup()


def version():
    try:
        output = subprocess.run(["kamailio", "-v"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return output.stdout.splitlines()[0]
