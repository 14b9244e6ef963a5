"""The worlds the tests and the demo play in: who exists, and how they find each other.

SIP side   contoso.example   users behind Kamailio ("frontend", 127.0.0.1)
           branch.example    a SIP system of our own ("branch", 127.0.0.2), for precise tests
XMPP side  fabrikam.example  Prosody
           litware.example   ejabberd
           northwind.example a server of our own, for precise tests
In each world somebody stands by who must never receive anything.
"""

from .dns import DnsServer
from .ejabberd import Ejabberd
from .gateway import Gateway
from .home_device import HomeDevice
from .kamailio import Kamailio
from .pki import Authority
from .process import Bench, free_port
from .prosody import Prosody
from .sip_agent import SipAgent
from .xmpp_client import XmppClient
from .xmpp_stream import Stream, XmppPeer

BRANCH_ADDRESS = "127.0.0.2"
HOME_PASSWORD = "correct-horse-battery"


class World:
    """Starts what is asked for; everything else stays out."""

    def __init__(self):
        self.bench = Bench()
        self.authority = Authority(self.bench.subdirectory("pki"))
        self.dns = self.bench.own(DnsServer(free_port()))
        self.gateway = self.kamailio = self.branch = None
        self.prosody = self.ejabberd = self.northwind = self._northwind = None
        self._peers, self._domains, self._static = [], [], {}
        self.home = None

    # SIP side

    def add_kamailio(self, transport="tcp", presence=False):
        """contoso.example; `transport` joins it and the gateway, both ways."""
        self.kamailio = Kamailio(self.bench, self.authority, presence=presence)
        self.kamailio.transport = transport
        if transport == "tls":
            self.add_peer("frontend", f"tls:127.0.0.1:{self.kamailio.tls_port}",
                          ["contoso.example"], certificate_names=["sip.contoso.example"])
        else:
            self.add_peer("frontend", f"{transport}:127.0.0.1:{self.kamailio.port}",
                          ["contoso.example"], addresses=["127.0.0.1"])
        return self

    def add_branch(self, transport="udp", domain="branch.example", address=BRANCH_ADDRESS,
                   addresses=None, **more):
        """A SIP system of our own; it is `branch`, a SipAgent. `more`: of its [[sip.peer]]."""
        self.branch = self.bench.own(SipAgent(f"sip:bob@{domain}", transport, host=address))
        self.add_peer("branch", f"{transport}:{address}:{self.branch.port}", [domain],
                      addresses=addresses or [address], **more)
        return self

    def add_home(self, domain="contoso.example"):
        """The users of that domain sign in to the gateway itself."""
        self.home = domain
        self._domains.append(domain)
        return self

    def add_peer(self, name, target, domains, **more):
        """A [[sip.peer]] of the gateway."""
        self._peers.append({"name": name, "kind": "simple", "target": target,
                            "domains": domains, **more})
        self._domains += domains
        return self

    # XMPP side

    def add_prosody(self, trust="certificate", users=("romeo", "nurse"), components=None):
        self.prosody = Prosody(self.bench, "fabrikam.example", self.dns, self.authority, trust,
                               components)
        for user in users:
            self.prosody.add_user(user)
        self.announce("fabrikam.example", self.prosody.s2s_port)
        return self

    def add_ejabberd(self, trust="certificate", users=("juliet",)):
        self.ejabberd = Ejabberd(self.bench, "litware.example", self.dns, self.authority, trust)
        self.ejabberd.start()
        for user in users:
            self.ejabberd.add_user(user)
        self.announce("litware.example", self.ejabberd.s2s_port)
        return self

    def add_northwind(self, mechanism="external", running=True):
        """A server of our own; start_northwind() brings it up later if it is not `running`."""
        domain = "northwind.example"
        certificate = self.authority.issue(domain, [domain])
        self._northwind = (domain, certificate, self.authority.ca_file, mechanism, free_port())
        self.announce(domain, self._northwind[-1])
        if running:
            self.start_northwind()
        return self

    def start_northwind(self):
        self.northwind = self.bench.own(XmppPeer(*self._northwind))
        return self.northwind

    def northwind_stream(self, certificate=None, sender="northwind.example",
                         to="contoso.example", earlier=None):
        """A stream to the gateway, authenticated as northwind.example."""
        stream = Stream.connect(self.gateway.xmpp_address)
        stream.negotiate_tls(sender, to, certificate or self._northwind[1],
                             self.authority.ca_file, earlier)
        stream.authenticate(sender, to)
        return stream

    def announce(self, domain, port):
        """Tells the gateway, by [dns.static], where the server of `domain` is."""
        self._static[f"_xmpp-server._tcp.{domain}"] = [f"0 0 {port} xmpp.{domain}"]
        self._static[f"xmpp.{domain}"] = ["127.0.0.1"]

    def announce_direct_tls(self, domain, port):
        """The same for TLS from the first octet."""
        self._static[f"_xmpps-server._tcp.{domain}"] = [f"0 0 {port} xmpp.{domain}"]
        self._static[f"xmpp.{domain}"] = ["127.0.0.1"]

    def announced(self):
        """[dns.static] of all that was announced."""
        return dict(self._static)

    # The gateway, then the others

    def start(self, tables=None, allow=True):
        if self.home:
            tables = {"home": {"enabled": True}, **(tables or {})}
        self.gateway = Gateway(self.bench, self.authority, self._domains, self._peers,
                               self._static, tables).start()
        for domain in self._domains:
            self.dns.xmpp_server(domain, self.gateway.xmpp_address[1])
        if self.branch:
            self.branch.proxy = self.gateway.sip_address(self.branch.transport)
        if self.prosody:
            self.prosody.start()
        if self.kamailio:
            transport = self.kamailio.transport
            self.kamailio.start(f"sip:127.0.0.1:{self.gateway.sip_port(transport)}"
                                f";transport={transport}")
        if allow:
            self.gateway.allow_everything(*self.partners())
        return self

    def partners(self):
        partners = [server.domain for server in (self.prosody, self.ejabberd) if server]
        return partners + (["northwind.example"] if self._northwind else [])

    # Users

    def sip_user(self, name, transport="tcp"):
        """A user registered at Kamailio."""
        port = self.kamailio.tls_port if transport == "tls" else self.kamailio.port
        agent = self.bench.own(SipAgent(
            f"sip:{name}@contoso.example", transport, proxy=("127.0.0.1", port),
            tls=(None, self.authority.ca_file, "sip.contoso.example")))
        agent.register()
        return agent

    def home_account(self, name, password=HOME_PASSWORD):
        """A user who may sign in to the home server; his address."""
        address = f"{name}@{self.home}"
        self.gateway.cli("user", "create", address)
        self.gateway.cli("user", "password", address, stdin=password + "\n")
        return address

    def home_device(self, name, transport="tcp", password=HOME_PASSWORD, **more):
        """A device of that user, not signed in yet."""
        return self.bench.own(HomeDevice(
            f"sip:{name}@{self.home}", password, transport,
            proxy=self.gateway.sip_address(transport),
            tls=(None, self.authority.ca_file, "sip.contoso.example"), **more))

    def xmpp_user(self, name, server=None, resource="lab", receipts=True, quiet=False):
        """A user signed in at Prosody (or ejabberd); the account is made if need be."""
        server = server or self.prosody
        if f"{name}@{server.domain}" not in server.users:
            server.add_user(name)
        ca_file = self.authority.ca_file
        if server.trust == "dialback":
            ca_file = server.certificate.certificate  # self-signed
        return self.bench.own(XmppClient(self.bench, server, f"{name}@{server.domain}", ca_file,
                                         resource, receipts, quiet))

    def stop(self):
        self.bench.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
