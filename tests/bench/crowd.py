"""Many users and partners, written straight into the gateway's database while it is stopped."""
import sqlite3

from generator import Failure

POLICY = "Tag:bench"


def add(database, users, partners):
    """Grants a policy of its own to `users` users, and adds `partners` partners."""
    try:
        with sqlite3.connect(database) as store:
            store.execute("INSERT INTO access_rules (identity, description,"
                          " enable_federation_access, enable_xmpp_access,"
                          " enable_public_cloud_access, enable_public_cloud_audio_video_access,"
                          " enable_outside_access) VALUES (?, '', 1, 1, 1, 1, 1)", (POLICY,))
            store.executemany("INSERT INTO grants (user, policy) VALUES (?, ?)",
                              ((f"u{user:07}@contoso.example", POLICY) for user in range(users)))
            store.executemany("INSERT INTO partners (domain, description, partner_type,"
                              " tls_negotiation, sasl_negotiation, support_dialback_negotiation,"
                              " enable_keep_alive, connection_limit, proxy_fqdn, enabled)"
                              " VALUES (?, '', 2, 0, 0, 1, 1, NULL, '', 1)",
                              ((f"partner{partner}.example",) for partner in range(partners)))
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
