"""A laboratory CA with certificates for the gateway and for both of its neighbours."""
import subprocess

NAMES = {
    "gateway": ["gateway.contoso.example", "contoso.example"],
    # The generator plays the SIP peer and the XMPP partner with one certificate.
    "partners": ["*.partners.example"],
    "generator": ["sip.contoso.example", "fabrikam.example", "xmpp.fabrikam.example"],
}


def _openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def make(folder):
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    _openssl("req", "-x509", *curve, "-days", "30", "-subj", "/CN=Bench CA",
             "-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.pem")
    for owner, names in NAMES.items():
        with open(f"{folder}/{owner}.ext", "w") as out:
            out.write("subjectAltName=" + ",".join(f"DNS:{name}" for name in names) + "\n")
            out.write("extendedKeyUsage=serverAuth,clientAuth\n")
        _openssl("req", *curve, "-subj", f"/CN={names[0]}",
                 "-keyout", f"{folder}/{owner}.key", "-out", f"{folder}/{owner}.csr")
        _openssl("x509", "-req", "-in", f"{folder}/{owner}.csr", "-days", "30",
                 "-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key", "-CAcreateserial",
                 "-extfile", f"{folder}/{owner}.ext", "-out", f"{folder}/{owner}.pem")
