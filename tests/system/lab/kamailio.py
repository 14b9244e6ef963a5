"""Kamailio as the users' SIP proxy of contoso.example: registrar, and the way to the gateway.

It delivers requests for its own domain to registered clients (404 for unknown ones) and sends
those for every other domain to the gateway. Each request and response passes a log line with the
time, from which the demo draws its ladder. With presence=True it is the users' presence server too
(presence_server.py) and stays in the path of SUBSCRIBE and NOTIFY.
"""

from . import presence_server
from .presence_server import PresenceServer
from .process import PATIENCE, Process, Server, accepts, find_program, free_port

CONFIG = """#!KAMAILIO
debug=2
log_stderror=yes
memdbg=5
memlog=5
children=2
tcp_children=2
socket_workers=2
disable_tcp=no
enable_tls=yes
tcp_connection_lifetime=3605
tcp_accept_no_cl=no
auto_aliases=no
dns=no
rev_dns=no
use_dns_cache=off
server_signature=no
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
listen=tls:127.0.0.1:{tls_port}
alias="contoso.example"
alias="sip.contoso.example"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "nathelper.so"
loadmodule "xlog.so"
loadmodule "tls.so"
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_contacts", 3)
modparam("nathelper|registrar", "received_avp", "$avp(RECEIVED)")
modparam("tm", "fr_timer", {patience})
modparam("tm", "failure_reply_mode", 3)
modparam("tls", "config", "{directory}/tls.cfg")
{presence_modules}
request_route {{
    xlog("L_NOTICE", "LADDER {{\\"at\\":$TV(Sn),\\"what\\":\\"$rm\\",\\"call_id\\":\\"$ci\\",\\"from_ip\\":\\"$si\\",\\"from_port\\":$sp,\\"ruri\\":\\"$ru\\"}}\\n");
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
    t_check_trans();
    if (is_method("OPTIONS") && uri==myself) {{ sl_send_reply("200", "OK"); exit; }}
{routes}
    if (is_method("REGISTER")) {{
        # A client on TCP or TLS is reached over the connection it opened.
        if (!($proto == "udp")) fix_nated_register();
        if (!save("location")) sl_reply_error();
        exit;
    }}
    if (has_totag()) {{
        if (loose_route()) {{
            if (is_method("NOTIFY")) record_route();  # RFC 6665 §4.3: it may make the dialog
            if ($rd == "gateway.{domain}") $du = "{gateway}";
            t_on_reply("PASSING");
            if (!t_relay()) sl_reply_error();
            exit;
        }}
    }} else {{
        remove_hf("Route");  # clients preload us
    }}
{presence_route}
    t_on_reply("PASSING");
    if ($rd == "{domain}") {{
        if (!lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
    }} else {{
        {elsewhere}
    }}
    if (!t_relay()) sl_reply_error();
    exit;
}}

onreply_route[PASSING] {{
    xlog("L_NOTICE", "LADDER {{\\"at\\":$TV(Sn),\\"what\\":$rs,\\"call_id\\":\\"$ci\\",\\"from_ip\\":\\"$si\\",\\"from_port\\":$sp}}\\n");
}}
"""

TLS_CONFIG = """[server:default]
method = TLSv1.2+
certificate = {certificate}
private_key = {key}
ca_list = {ca}
verify_certificate = no
require_certificate = no
[client:default]
method = TLSv1.2+
certificate = {certificate}
private_key = {key}
ca_list = {ca}
verify_certificate = yes
require_certificate = yes
"""


class Kamailio(Server):
    """One Kamailio; requests for foreign domains go to the SIP URI given to start()."""

    def __init__(self, bench, authority, domain="contoso.example", name="kamailio",
                 presence=False):
        self.bench, self.domain, self.name = bench, domain, name
        self.directory = bench.subdirectory(name)
        self.port, self.tls_port = free_port(), free_port()
        self.process = self._gateway = None
        self.presence = None
        if presence:
            self.presence = bench.own(PresenceServer(self.directory, domain))
        certificate = authority.issue(name, [f"sip.{domain}", domain])
        with open(self.path("tls.cfg"), "w", encoding="ascii") as file:
            file.write(TLS_CONFIG.format(certificate=certificate.certificate, key=certificate.key,
                                         ca=authority.ca_file))

    @property
    def address(self):
        return ("127.0.0.1", self.port)

    def start(self, gateway, patience=40000, routes=None):
        """`routes`: of somebody else, for what goes to the gateway; nothing else does then."""
        values = {"routes": routes or "",
                  "elsewhere": 'sl_send_reply("404", "Not Found"); exit;' if routes is not None
                  else f'$du = "{gateway}";',
                  "port": self.port, "tls_port": self.tls_port, "domain": self.domain,
                  "gateway": gateway, "directory": self.directory, "patience": patience,
                  "database": self.presence.database if self.presence else ""}
        self._gateway = gateway
        with open(self.path("kamailio.cfg"), "w", encoding="utf-8") as file:
            modules, route = ((presence_server.MODULES, presence_server.ROUTE) if self.presence
                              else ("", ""))
            file.write(CONFIG.format(presence_modules=modules.format(**values),
                                     presence_route=route.format(**values), **values))
        self.process = self.bench.own(Process(
            self.name,
            [find_program("kamailio"), "-DD", "-E", "-m", "32", "-M", "4", "-f",
             self.path("kamailio.cfg"), "-Y", self.directory], self.directory))
        self.process.wait_ready(
            lambda: accepts(self.port) and accepts(self.tls_port), PATIENCE,
            "Kamailio's ports")
        if self.presence:
            self.presence.name_address(f"gateway.{self.domain}", "127.0.0.1")
        return self

    def restart(self):
        """As it was started before; its users must register again."""
        self.stop()
        return self.start(self._gateway)
