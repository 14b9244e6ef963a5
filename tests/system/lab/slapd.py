"""A real OpenLDAP server with the attributes of Active Directory and Lync that we read."""

import base64
import os
import signal
import subprocess

from .process import PATIENCE, LabError, Process, accepts, find_program, free_port

SUFFIX = "dc=contoso,dc=example"
STAFF = f"ou=Staff,{SUFFIX}"
READER = f"cn=isthmus,{SUFFIX}"
READER_PASSWORD = "read only, please"
ROOT = f"cn=root,{SUFFIX}"
ROOT_PASSWORD = "laboratory"
PAGE = 100  # a reader gets no more at once: without pages the answer is cut

_SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "slapd_schema",
                       "directory.schema")


def ldif(dn, attributes):
    """One entry; values are strings or lists of them."""
    lines = [f"dn:: {_base64(dn)}"]
    for name, values in attributes.items():
        for value in [values] if isinstance(values, str) else values:
            lines.append(f"{name}:: {_base64(value)}")
    return "\n".join(lines) + "\n\n"


def _base64(text):
    return base64.b64encode(text.encode()).decode()


def person(name, **more):
    """The entry of a user as Lync leaves it: person("alice", enabled="FALSE")."""
    dn = more.pop("dn", f"cn={name},{STAFF}")
    attributes = {
        "objectClass": "user", "objectCategory": "person", "cn": name, "sn": name,
        "displayName": name.capitalize(), "sAMAccountName": name,
        "userPrincipalName": f"{name}@contoso.local", "userAccountControl": "512",
        "msRTCSIP-UserEnabled": "TRUE",
        "msRTCSIP-PrimaryUserAddress": f"sip:{name}@contoso.example",
    }
    attributes.update(more)
    return ldif(dn, {name: value for name, value in attributes.items() if value})


class Slapd:
    """On free ports of its own: `port` (StartTLS or plain), `tls_port` (ldaps)."""

    def __init__(self, bench, authority, hosts=("localhost", "127.0.0.1"), name="slapd"):
        self.bench, self.name = bench, name
        self.directory = bench.subdirectory(name)
        self.port, self.tls_port = free_port(), free_port()
        self.certificate = authority.issue(name, list(hosts))
        self.config = os.path.join(self.directory, "slapd.conf")
        self.password_file = os.path.join(self.directory, "password")
        self.process = None
        os.makedirs(os.path.join(self.directory, "data"))
        self.write_password(READER_PASSWORD)
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(self._config(authority))
        self.add_offline(
            ldif(SUFFIX, {"objectClass": ["dcObject", "organization"], "dc": "contoso",
                          "o": "Contoso"})
            + ldif(STAFF, {"objectClass": "organizationalUnit", "ou": "Staff"})
            + ldif(READER, {"objectClass": ["organizationalRole", "simpleSecurityObject"],
                            "cn": "isthmus", "userPassword": READER_PASSWORD}))

    def _config(self, authority):
        schema = "".join(f"include /etc/ldap/schema/{name}.schema\n"
                         for name in ("core", "cosine", "inetorgperson"))
        return f"""{schema}include {_SCHEMA}
pidfile {self.directory}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {self.certificate.certificate}
TLSCertificateKeyFile {self.certificate.key}
TLSCACertificateFile {authority.ca_file}
database mdb
suffix "{SUFFIX}"
rootdn "{ROOT}"
rootpw {ROOT_PASSWORD}
directory {self.directory}/data
maxsize 268435456
dbnosync
index objectClass eq
limits * size.soft={PAGE} size.hard={PAGE} size.pr={PAGE} size.prtotal=unlimited
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{READER}" read by anonymous auth by * none
"""

    def write_password(self, text):
        with open(self.password_file, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        os.chmod(self.password_file, 0o600)

    def add_offline(self, entries):
        """Many entries quickly, while it does not run."""
        done = subprocess.run([find_program("slapadd"), "-q", "-f", self.config], input=entries,
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise LabError(f"slapadd: {done.stderr}")

    def start(self):
        self.process = self.bench.own(Process(self.name, [
            find_program("slapd"), "-d", "0", "-f", self.config, "-h",
            f"ldap://127.0.0.1:{self.port} ldaps://127.0.0.1:{self.tls_port}"], self.directory))
        self.process.wait_ready(lambda: accepts(self.port) and accepts(self.tls_port), PATIENCE,
                                "its listeners")
        return self

    def stop(self):
        self.bench.disown(self.process)
        self.process.stop()

    def freeze(self):
        """Connections are taken by the kernel, but nobody answers."""
        self.process.signal(signal.SIGSTOP)

    def thaw(self):
        self.process.signal(signal.SIGCONT)

    def modify(self, text, program="ldapmodify"):
        """LDIF with changes, as the directory's own administrator."""
        done = subprocess.run(
            [find_program(program), "-x", "-H", f"ldap://127.0.0.1:{self.port}", "-D", ROOT, "-w",
             ROOT_PASSWORD], input=text, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LabError(f"{program}: {done.stdout}{done.stderr}")

    def add(self, *entries):
        self.modify("".join(entries), "ldapadd")

    def replace(self, name, **attributes):
        """Attributes of a person()."""
        lines = [f"dn: cn={name},{STAFF}", "changetype: modify"]
        for attribute, value in attributes.items():
            lines += [f"replace: {attribute}", f"{attribute}: {value}", "-"]
        self.modify("\n".join(lines) + "\n")

    def delete(self, *names):
        self.modify("".join(f"dn: cn={name},{STAFF}\nchangetype: delete\n\n" for name in names))

    def section(self, url=None, **more):
        """[directory] of a gateway that reads it."""
        return {"url": url or f"ldap://127.0.0.1:{self.port}", "base": SUFFIX, "bind_dn": READER,
                "password_file": self.password_file, "interval_seconds": 0, "page_size": PAGE,
                "timeout_seconds": 20, **more}
