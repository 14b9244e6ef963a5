"""A laboratory certification authority and the certificates it signs, by the openssl program."""

import os
import subprocess

from .process import LabError, find_program

VALID_DAYS = "90"  # more than the 30 before the end at which the gateway warns


class Certificate:
    """The files of one certificate."""

    def __init__(self, directory, name):
        self.name = name
        self.certificate = os.path.join(directory, f"{name}.crt")
        self.key = os.path.join(directory, f"{name}.key")
        self.bundle = os.path.join(directory, f"{name}.pem")  # certificate and key, for ejabberd

    def finish(self):
        # The servers may run as users of their own; these keys guard nothing.
        os.chmod(self.key, 0o644)
        with open(self.bundle, "w", encoding="ascii") as bundle:
            for part in (self.certificate, self.key):
                with open(part, encoding="ascii") as source:
                    bundle.write(source.read())
        return self


class Authority:
    """The laboratory's certification authority (P-256, like all its certificates)."""

    def __init__(self, directory, common_name="Isthmus laboratory CA"):
        self.directory = directory
        self.ca = Certificate(directory, "ca")
        self.ca_file = self.ca.certificate
        _openssl(
            "req", "-x509", *_new_key(self.ca.key), "-out", self.ca.certificate,
            "-days", VALID_DAYS, "-subj", f"/CN={common_name}",
            "-addext", "basicConstraints=critical,CA:TRUE",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        )

    def issue(self, name, hosts, usage="serverAuth,clientAuth", not_before=None, not_after=None):
        """A certificate with `hosts` as its dNSNames. Times are YYYYMMDDHHMMSSZ."""
        certificate = Certificate(self.directory, name)
        request = os.path.join(self.directory, f"{name}.csr")
        extensions = os.path.join(self.directory, f"{name}.ext")
        _openssl("req", "-new", *_new_key(certificate.key), "-out", request, "-subj",
                 f"/CN={hosts[0]}")
        with open(extensions, "w", encoding="ascii") as file:
            file.write("basicConstraints=critical,CA:FALSE\n")
            file.write("keyUsage=critical,digitalSignature\n")
            file.write(f"extendedKeyUsage={usage}\n")
            file.write("subjectAltName=" + ",".join(_alternative(host) for host in hosts) + "\n")
        validity = ("-days", VALID_DAYS)
        if not_after:
            # `openssl x509` of 3.0 cannot set the dates; `openssl ca` can.
            self._sign_with_dates(request, extensions, certificate, not_before, not_after)
        else:
            _openssl("x509", "-req", "-in", request, "-CA", self.ca.certificate, "-CAkey",
                     self.ca.key, "-CAcreateserial", "-extfile", extensions, "-out",
                     certificate.certificate, *validity)
        return certificate.finish()

    def revocation_list(self, name, *revoked):
        """The file of a list (PEM) with these certificates and no others."""
        database, config, file = (os.path.join(self.directory, f"{name}.{end}")
                                  for end in ("txt", "cnf", "crl"))
        open(database, "w", encoding="ascii").close()
        with open(config, "w", encoding="ascii") as to:
            to.write(f"[ca]\ndefault_ca=lab\n[lab]\ndatabase={database}\ndefault_md=sha256\n"
                     f"default_crl_days={VALID_DAYS}\n")
        signer = ("-config", config, "-cert", self.ca.certificate, "-keyfile", self.ca.key)
        for one in revoked:
            _openssl("ca", *signer, "-revoke", one.certificate)
        _openssl("ca", *signer, "-gencrl", "-out", file)
        return file

    def _sign_with_dates(self, request, extensions, certificate, not_before, not_after):
        database = os.path.join(self.directory, "index.txt")
        config = os.path.join(self.directory, "ca.cnf")
        open(database, "a", encoding="ascii").close()
        with open(config, "w", encoding="ascii") as file:
            file.write(
                "[ca]\ndefault_ca=lab\n[lab]\n"
                f"database={database}\nnew_certs_dir={self.directory}\nrand_serial=yes\n"
                "unique_subject=no\ndefault_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n"
            )
        _openssl("ca", "-batch", "-notext", "-config", config, "-cert", self.ca.certificate,
                 "-keyfile", self.ca.key, "-in", request, "-extfile", extensions, "-startdate",
                 not_before or "20200101000000Z", "-enddate", not_after, "-out",
                 certificate.certificate)


def self_signed(directory, name, hosts):
    """A certificate nobody has a reason to trust."""
    certificate = Certificate(directory, name)
    _openssl(
        "req", "-x509", *_new_key(certificate.key), "-out", certificate.certificate, "-days",
        VALID_DAYS, "-subj", f"/CN={hosts[0]}", "-addext",
        "subjectAltName=" + ",".join(_alternative(host) for host in hosts),
    )
    return certificate.finish()


def _new_key(path):
    return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path)


def _alternative(host):
    is_address = ":" in host or host.replace(".", "").isdigit()
    return f"IP:{host}" if is_address else f"DNS:{host}"


def _openssl(*arguments):
    done = subprocess.run([find_program("openssl"), *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(f"openssl {arguments[0]}: {done.stderr.strip()}")
