"""Many users and partners, written straight into the gateway's database while it is stopped."""
import json
import sqlite3

from generator import Failure

POLICY = "Tag:Bench"


def _document(partner):
    """A partner as the gateway writes it."""
    return json.dumps({
        "domain": partner, "additional_domains": [], "description": "",
        "partner_type": "Federated", "tls_negotiation": "Required",
        "sasl_negotiation": "Required", "support_dialback_negotiation": True,
        "enable_keep_alive": True, "connection_limit": None, "proxy_fqdn": "",
        "enabled": True}, separators=(",", ":"))


def add(database, users, partners):
    """Grants a policy of its own to `users` users, and adds `partners` partners."""
    try:
        with sqlite3.connect(database) as store:
            store.execute("INSERT INTO objects (kind, id, body) VALUES ('policy', ?, ?)",
                          (POLICY, json.dumps({"identity": POLICY,
                                               "enable_federation_access": True,
                                               "enable_xmpp_access": True})))
            store.executemany(
                "INSERT INTO users (uri, display_name, enabled, site, pool, homed, policy, source,"
                " upn, logon, dn, name_key, search)"
                " VALUES (?, '', 1, '', '', 0, ?, 0, '', '', '', '', ? || char(10))",
                ((uri, POLICY, uri) for uri in
                 (f"u{user:07}@contoso.example" for user in range(users))))
            store.executemany(
                "INSERT INTO objects (kind, id, body) VALUES ('partner', ?, ?)",
                ((name, _document(name)) for name in
                 (f"partner{partner}.example" for partner in range(partners))))
    except sqlite3.Error as error:
        raise Failure(f"cannot fill {database}: {error}") from None


def add_pairs(database, first, count, contacts=1, sip_watches=False, xmpp_watches=False):
    """Pairs `first` and up, whose authorisations are granted; each user has so many of them."""
    try:
        with sqlite3.connect(database) as store:
            store.executemany(
                "INSERT INTO subscriptions (user, contact, user_uri, sip_watches_xmpp,"
                " xmpp_watches_sip, since) VALUES (?, ?, ?, ?, ?, 1700000000)",
                ((f"u{pair // contacts:07}@contoso.example", f"v{pair:07}@fabrikam.example",
                  f"sip:u{pair // contacts:07}@contoso.example", 2 * sip_watches,
                  2 * xmpp_watches) for pair in range(first, first + count)))
    except sqlite3.Error as error:
        raise Failure(f"cannot fill {database}: {error}") from None
