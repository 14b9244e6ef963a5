// What administrators do: API, AUTH, CERT certificates, CFG configuration. Keep sorted by id; add,
// never renumber.
#include "base/code_tables.h"

namespace isthmus::codes {

namespace {

constexpr Code kManagementCodes[] = {
    {"IST-API-001",
     "The request is not valid.",
     "Correct what the message names: it says what is expected there."},
    {"IST-API-002",
     "There is no such object.",
     "Check the name against the list of its kind: `isthmus partner list`, `isthmus policy list`, "
     "`isthmus config history` and the like."},
    {"IST-API-003",
     "An object of that name exists already.",
     "Change the existing object with `set`, or choose another name."},
    {"IST-API-004",
     "The database could not be written; nothing was accepted.",
     "The evidence holds the database's reason: check space and permissions of the state "
     "directory."},
    {"IST-API-005",
     "The object was changed by somebody else in the meantime; nothing was saved.",
     "Read it again, look at what changed, and repeat your change on that."},
    {"IST-API-006",
     "The request is not signed in.",
     "Sign in with `POST /api/v1/session`, send a token (`isthmus admin token create`), or use the "
     "unix socket on the gateway itself."},
    {"IST-API-007",
     "The administrator's role does not have the right that this needs.",
     "Ask an administrator of the role admin; `isthmus admin set NAME --role ROLE` gives another "
     "role."},
    {"IST-API-008",
     "The type of the body is not one that the API reads.",
     "Send JSON with `Content-Type: application/json`."},
    {"IST-API-010",
     "Something still uses the object; nothing was deleted.",
     "Take it out of use first; or repeat with --force, if what is said would happen is wanted."},
    {"IST-API-011",
     "Too many tests are under way at once.",
     "Wait until one of them has ended, then try again."},
    {"IST-API-020",
     "The directory cannot be reached, or did not answer in time.",
     "The evidence says where it ended: check `url` in [directory], the way there, and that the "
     "directory runs; until then the users stay as they are."},
    {"IST-API-021",
     "The directory server did not prove who it is.",
     "`ca_files` in [directory] must hold the authority of its certificate, and the certificate "
     "must carry the host name of `url`; with ldap:// the server must offer StartTLS."},
    {"IST-API-022",
     "The directory refused our name or password.",
     "Check `bind_dn` and the content of `password_file` in [directory], and that the account is "
     "not locked."},
    {"IST-API-023",
     "The directory's answer is not complete, so none of it was used.",
     "The evidence holds the directory's reason: a base that is not there, a limit of entries or "
     "time there, or `max_entries` and `deadline_seconds` here."},
    {"IST-API-024",
     "The directory's answer would remove or disable too many users; nothing has changed.",
     "Look at `isthmus user sync --dry-run`: mostly the filter or the base is wrong. If they have "
     "really gone: `isthmus user sync --force`."},
    {"IST-API-025",
     "A synchronisation with the directory is under way already.",
     "Wait for it: `isthmus status` shows when it has ended."},
    {"IST-API-026",
     "No directory is configured.",
     "Write a [directory] section with `url` and `base` into the configuration file and restart."},
    {"IST-API-030",
     "The passphrase does not open the backup.",
     "Give the passphrase that it was made with, as the first line of stdin or of "
     "--passphrase-file. Without it nobody can open the backup."},
    {"IST-API-031",
     "The file is no backup of Isthmus, or not as it was written; nothing was changed.",
     "The evidence says where it is damaged. Copy it again from where it is kept, or take another "
     "one; `isthmus backup verify FILE` reads all of it."},
    {"IST-API-032",
     "A newer program wrote the backup; nothing was changed.",
     "Restore it with the version that made it, or a newer one."},
    {"IST-API-033",
     "After the restoration no administrator of the role admin could sign in; nothing was changed.",
     "Restore a backup in which there is an enabled account of the role admin. A gateway that "
     "never "
     "had an account, in a new state directory, takes any backup."},
    {"IST-API-034",
     "What the backup holds does not fit this gateway; nothing was changed.",
     "The evidence names the object. Restore it with the configuration file of the gateway that "
     "made it, or take the object out there and make a new backup."},
    {"IST-API-035",
     "There is no room on the gateway's disk for what is being sent; nothing was changed.",
     "Uploads, backups and exports lie in the state directory while they are under way: make room "
     "there."},
    {"IST-API-036",
     "A secret in the database cannot be opened with the keys of this machine.",
     "Put the file secret.key of the state directory back from where it was copied to (mode 0600), "
     "or restore a backup, which brings its keys along; else set the secret anew "
     "(`isthmus admin reset-totp NAME`, `isthmus gateway set --dialback-passphrase -`)."},
    {"IST-API-037",
     "The database is damaged; the gateway does not start with it.",
     "The evidence names the file and what is wrong. Move it away, start the gateway with a new "
     "one, and restore the newest backup (`isthmus backup restore FILE`); look at the disk."},
    {"IST-API-039",
     "The audit log is not as it was written.",
     "The row that is named, or what is missing before it, was changed by somebody who could write "
     "the database. Compare with an export or a backup; find out who has access to the database."},
    {"IST-API-040",
     "Too many clients follow the events or recordings of this gateway.",
     "Close panels and `--watch` commands that nobody looks at; 64 may follow at a time."},
    {"IST-API-041",
     "Too many traces are running.",
     "Stop one that nobody needs: `isthmus trace list`, `isthmus trace stop ID`; 8 may run at a "
     "time."},
    {"IST-API-042",
     "Message texts are not recorded without right, setting and reason.",
     "The role must be tracer or admin, EnableLoggingAllMessageBodies of the gateway configuration "
     "must be True, and --reason must say why; without --bodies a trace needs none of this."},
    {"IST-API-043",
     "Too much long work of this kind is waiting already.",
     "Wait until some of it has ended, then try again."},
    {"IST-API-044",
     "The traffic thread did not answer in time.",
     "Try again in a moment. If it stays so, send the log to the authors and restart the gateway."},
    {"IST-API-045",
     "There are as many of these as the gateway keeps.",
     "Remove some that nobody needs."},
    {"IST-API-046",
     "The request failed inside the gateway.",
     "See the evidence and the log: the database is the usual cause. If not, send both to the "
     "authors."},
    {"IST-API-050",
     "The body of the request is larger than the API takes.",
     "Send less at a time: 1 MiB, 64 KiB without sign-in; a CSV file of users may have 256 MiB."},
    {"IST-API-051",
     "The path is known, but not with this method.",
     "Use one of the methods in the header Allow; GET /api/v1/openapi.yaml lists them all."},
    {"IST-API-052",
     "The header of the request is larger than the API takes.",
     "Send fewer or shorter header fields."},
    {"IST-API-053",
     "The body is sent in a transfer coding that the API does not know.",
     "Send the body with Content-Length or chunked."},
    {"IST-AUTH-001",
     "The SIP peer may not assert the sender's domain.",
     "Add the domain to `domains` of that [[sip.peer]] if the peer is the domain's server."},
    {"IST-AUTH-002",
     "The request came from an address or certificate that belongs to no SIP peer.",
     "Add the address to `addresses`, or the certificate's name to `certificate_names`, of the "
     "[[sip.peer]]."},
    {"IST-AUTH-003",
     "The XMPP server used a sender domain that it has not proved.",
     "Nothing to do here: the partner's server must authenticate for that domain."},
    {"IST-AUTH-004",
     "The partner refused our authentication.",
     "See the evidence: its server does not accept our certificate, or policy there says no."},
    {"IST-AUTH-010",
     "The administrator's name, password or code is wrong.",
     "Check all three; the audit log tells administrators which one it was. Another administrator "
     "can set a new password or reset the second factor."},
    {"IST-AUTH-011",
     "Too many sign-ins have failed for this account or from this address.",
     "Wait for the time that is named, or `isthmus admin unlock NAME`."},
    {"IST-AUTH-012",
     "The account has a second factor and no code was given.",
     "Sign in again with the code that the authenticator shows, or with a recovery code."},
    {"IST-AUTH-013",
     "The new password breaks a rule.",
     "Choose 12 characters or more that are not the account's name."},
    {"IST-AUTH-014",
     "The last enabled administrator of the role admin cannot be removed, disabled or demoted.",
     "Create or enable another administrator of the role admin first."},
    {"IST-AUTH-015",
     "More sign-ins are waiting than the gateway takes.",
     "Try again in a moment; if it lasts, see the audit log for who is trying."},
    {"IST-AUTH-016",
     "A request with a session's cookie did not prove that it comes from the session's page.",
     "Send the value of `csrf` from `GET /api/v1/session` in the header X-CSRF-Token."},
    {"IST-AUTH-017",
     "The request's Host header names another machine.",
     "Use the gateway's name or address, or add the name to `[admin] names`."},
    {"IST-AUTH-018",
     "The sign-in with the identity provider failed.",
     "The evidence says at which step; check `[admin.oidc]` and the provider's log."},
    {"IST-AUTH-019",
     "The sign-in link was used already, is over, or is none.",
     "Make a new one with `isthmus admin link`."},
    {"IST-AUTH-020",
     "The current password or code, which the change needs, is wrong.",
     "Give the password or code that holds now; another administrator can set a new password or "
     "reset the second factor."},
    {"IST-CERT-001",
     "The partner's certificate does not prove its domain.",
     "The partner must use a certificate that names the domain, or allow dialback for it."},
    {"IST-CERT-002",
     "The partner's certificate chain is not trusted.",
     "Add the issuing authority to `extra_ca_files`, or ask the partner for a public certificate."},
    {"IST-CERT-003",
     "No certificate is configured, so that no TLS handshake with us can succeed.",
     "Import one and assign it (`isthmus cert import FILE --use sip,xmpp-s2s`); or set "
     "certificate_file and private_key_file in [tls], then isthmus config reload."},
    {"IST-CERT-004",
     "Our own certificate has expired.",
     "Renew it, put it where certificate_file points, then isthmus config reload."},
    {"IST-CERT-005",
     "Our own certificate does not name a domain that we speak for.",
     "Get one that has the XMPP domain as DNS name; until then partners can prove us by dialback "
     "only."},
    {"IST-CERT-010",
     "The file holds no certificate or key that can be read.",
     "Bring PEM (BEGIN CERTIFICATE), DER (.cer), PKCS #7 (.p7b) or PKCS #12 (.pfx, .p12), whole "
     "and "
     "unchanged; the evidence says what is wrong with it."},
    {"IST-CERT-011",
     "The password of the file is missing or wrong.",
     "Give the password that the file was exported with: --password-stdin or --password-file."},
    {"IST-CERT-012",
     "The private key is not that of the certificate.",
     "Bring the key that the request was made with; with several certificates in one file the "
     "server's own must be among them."},
    {"IST-CERT-013",
     "There is no private key for the certificate.",
     "Import the file that brings the key along (.pfx, or --key FILE), or the answer to a request "
     "that was made here: `isthmus cert list` shows those that wait."},
    {"IST-CERT-014",
     "The certificate has expired.",
     "Renew it: `isthmus cert request NAME`, have the authority sign it, `isthmus cert import FILE "
     "--use USE`."},
    {"IST-CERT-015",
     "The certificate is not valid yet.",
     "Check the clock of the gateway; or assign it with --effective from the day on which it "
     "begins."},
    {"IST-CERT-016",
     "The certificate names nothing that its use needs.",
     "Get one whose DNS names are those that others call: the XMPP domains for xmpp-s2s, the "
     "gateway's name or the SIP domains for sip. --force assigns it all the same."},
    {"IST-CERT-017",
     "The key is of a kind or size that peers do not accept.",
     "Make a new key of RSA 2048 bits or more, or ECDSA P-256, P-384 or P-521: `isthmus cert "
     "request "
     "NAME --key-type p-256`."},
    {"IST-CERT-018",
     "The certificate is signed with MD5 or SHA-1, which peers do not accept.",
     "Have the authority issue it anew, signed with SHA-256 or better."},
    {"IST-CERT-019",
     "The purposes of the certificate do not allow a server to show it.",
     "Have it issued with the extended key usage serverAuth; clientAuth is not needed. --force "
     "assigns it all the same."},
    {"IST-CERT-020",
     "The chain of the certificate is not complete: peers could not check it.",
     "Import the authority's intermediate certificates first (`isthmus cert import CHAIN.pem`), or "
     "along with it (--chain FILE). --force assigns it all the same."},
    {"IST-CERT-021",
     "The chain of the certificate does not hold.",
     "The evidence names the fault: an authority in it has expired, or may not issue. Get the "
     "present intermediate certificates from the authority."},
    {"IST-CERT-022",
     "The watched files of a certificate are not taken; the one before stays in use.",
     "The evidence names the file and the fault. Certificate and key must belong together and be "
     "readable by the gateway's user; `isthmus config reload` looks again."},
    {"IST-CERT-023",
     "What is presented in handshakes is not the certificate that was loaded.",
     "Something else answers at that address (a load balancer, an old process), or a reload "
     "failed: "
     "`isthmus cert served` shows what is presented, `isthmus cert uses` what was loaded."},
    {"IST-CERT-024",
     "A certificate of ours ends soon.",
     "Renew it: `isthmus cert request NAME`, or see why the ACME client did not; "
     "docs/certificates.md "
     "shows both."},
    {"IST-CERT-025",
     "The private key of a certificate cannot be opened; what was there before is shown.",
     "The file secret.key of the state directory must be the one that the key was sealed with: put "
     "it "
     "back, or import the certificate again with its key."},
    {"IST-CERT-026",
     "The certificate is an authority's: it completes chains and cannot be shown.",
     "Assign a certificate that the authority has issued for the gateway."},
    {"IST-CERT-027",
     "The authority has not signed the request yet.",
     "Give it what `isthmus cert csr NAME` prints, and import what it sends back."},
    {"IST-CERT-028",
     "The root of the certificate is known to its own clients only.",
     "Partners must add it to whom they trust, or be served a certificate of a public authority."},
    {"IST-CERT-029",
     "There is more in the file, or in the list, than there may be.",
     "A file has at most 1 MiB, 100 certificates and the work of 4,000,000 rounds for its "
     "password."},
    {"IST-CERT-040",
     "The partner shows another certificate than the one that is pinned for it.",
     "If it has renewed its certificate: ask its operator for the SHA-256 of the new one, then "
     "isthmus partner set DOMAIN --pinned-certificate SHA256. Else somebody is in between."},
    {"IST-CERT-041",
     "The partner's certificate was revoked by its issuer.",
     "The partner must use another one; `crl_files` in [tls] has the list that says so."},
    {"IST-CERT-042",
     "The partner shows a certificate that its TLSA records in DNS do not name.",
     "Its operator must publish TLSA records of the certificate that is in use, or use the one "
     "that they name. Else somebody is in between: pin the right one to go on meanwhile."},
    {"IST-CFG-001",
     "The configuration file is not valid.",
     "Correct the lines that are named; isthmus config check FILE shows all of them."},
    {"IST-CFG-002",
     "Something in the configuration file will not work as it stands.",
     "The daemon runs without it. Correct the line that is named, or take it out."},
    {"IST-CFG-003",
     "Another gateway runs on this state directory.",
     "Stop it first (systemctl stop isthmus), or give each its own state_dir."},
};

}  // namespace

std::span<const Code> management_codes() {
    return kManagementCodes;
}

}  // namespace isthmus::codes
