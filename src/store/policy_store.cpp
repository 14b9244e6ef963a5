#include "store/policy_store.h"

#include "base/utc.h"

#include <map>

namespace isthmus::store {

namespace {

using policy::AccessEdge;
using policy::AccessRule;
using policy::GatewaySettings;
using policy::Partner;

using Settings = std::map<std::string, std::string>;

bool flag(const Settings& settings, const char* name, bool fallback) {
    const auto at = settings.find(name);
    return at == settings.end() ? fallback : at->second == "1";
}

std::uint32_t number(const Settings& settings, const char* name, std::uint32_t fallback) {
    const auto at = settings.find(name);
    return at == settings.end() ? fallback : static_cast<std::uint32_t>(std::stoul(at->second));
}

AccessEdge access_edge(const Settings& settings) {
    const AccessEdge defaults;
    return {
        .allow_federated_users =
            flag(settings, "access_edge.allow_federated_users", defaults.allow_federated_users),
        .allow_outside_users =
            flag(settings, "access_edge.allow_outside_users", defaults.allow_outside_users),
        .allow_anonymous_users =
            flag(settings, "access_edge.allow_anonymous_users", defaults.allow_anonymous_users),
    };
}

GatewaySettings gateway(const Settings& settings) {
    GatewaySettings made;
    made.enabled = flag(settings, "gateway.enabled", made.enabled);
    made.connection_limit = number(settings, "gateway.connection_limit", made.connection_limit);
    made.partner_connection_limit =
        number(settings, "gateway.partner_connection_limit", made.partner_connection_limit);
    const auto passphrase = settings.find("gateway.dialback_passphrase");
    made.dialback_passphrase = passphrase == settings.end() ? "" : passphrase->second;
    made.enable_logging_all_message_bodies =
        flag(settings, "gateway.enable_logging_all_message_bodies", false);
    made.keep_alive_interval =
        number(settings, "gateway.keep_alive_interval", made.keep_alive_interval);
    made.stream_establishment_timeout =
        number(settings, "gateway.stream_establishment_timeout", made.stream_establishment_timeout);
    made.stream_inactivity_timeout =
        number(settings, "gateway.stream_inactivity_timeout", made.stream_inactivity_timeout);
    made.subscription_refresh_interval = number(
        settings, "gateway.subscription_refresh_interval", made.subscription_refresh_interval);
    made.presence_restore_rate =
        number(settings, "gateway.presence_restore_rate", made.presence_restore_rate);
    return made;
}

std::string_view digit(bool value) {
    return value ? "1" : "0";
}

}  // namespace

policy::Objects PolicyStore::load() const {
    policy::Objects objects;
    objects.revision = revision();
    Settings settings;
    Statement read_settings = database_.prepare("SELECT name, value FROM settings");
    while (read_settings.step()) {
        settings[read_settings.text(0)] = read_settings.text(1);
    }
    objects.access_edge = access_edge(settings);
    objects.gateway = gateway(settings);
    Statement rules = database_.prepare(
        "SELECT identity, description, enable_federation_access, enable_xmpp_access, "
        "enable_public_cloud_access, enable_public_cloud_audio_video_access, "
        "enable_outside_access FROM access_rules");
    while (rules.step()) {
        objects.rules.push_back({.identity = rules.text(0),
                                 .description = rules.text(1),
                                 .enable_federation_access = rules.number(2) != 0,
                                 .enable_xmpp_access = rules.number(3) != 0,
                                 .enable_public_cloud_access = rules.number(4) != 0,
                                 .enable_public_cloud_audio_video_access = rules.number(5) != 0,
                                 .enable_outside_access = rules.number(6) != 0});
    }
    std::map<std::string, std::vector<std::string>> additional;
    Statement domains =
        database_.prepare("SELECT partner, domain FROM partner_domains ORDER BY partner, position");
    while (domains.step()) {
        additional[domains.text(0)].push_back(domains.text(1));
    }
    Statement partners = database_.prepare(
        "SELECT domain, description, partner_type, tls_negotiation, sasl_negotiation, "
        "support_dialback_negotiation, enable_keep_alive, connection_limit, proxy_fqdn, enabled "
        "FROM partners");
    while (partners.step()) {
        Partner partner;
        partner.domain = partners.text(0);
        partner.description = partners.text(1);
        partner.partner_type = static_cast<policy::PartnerType>(partners.number(2));
        partner.tls_negotiation = static_cast<policy::Negotiation>(partners.number(3));
        partner.sasl_negotiation = static_cast<policy::Negotiation>(partners.number(4));
        partner.support_dialback_negotiation = partners.number(5) != 0;
        partner.enable_keep_alive = partners.number(6) != 0;
        if (!partners.is_null(7)) {
            partner.connection_limit = static_cast<std::uint32_t>(partners.number(7));
        }
        partner.proxy_fqdn = partners.text(8);
        partner.enabled = partners.number(9) != 0;
        if (const auto more = additional.find(partner.domain); more != additional.end()) {
            partner.additional_domains = std::move(more->second);
        }
        objects.partners.push_back(std::move(partner));
    }
    Statement grants = database_.prepare("SELECT user, policy FROM grants");
    while (grants.step()) {
        objects.grants.push_back({grants.text(0), grants.text(1)});
    }
    return objects;
}

std::uint64_t PolicyStore::revision() const {
    Statement read = database_.prepare("SELECT COALESCE(MAX(revision), 0) FROM revisions");
    read.step();
    return static_cast<std::uint64_t>(read.number(0));
}

template <class Write>
std::uint64_t PolicyStore::revise(const Author& author, const Change& change, Write write) {
    Transaction transaction(database_);
    write();
    Statement add = database_.prepare(
        "INSERT INTO revisions (at, admin, origin, action, object, before, after) "
        "VALUES (?, ?, ?, ?, ?, NULLIF(?, ''), NULLIF(?, '')) RETURNING revision");
    add.bind(utc_now_text()).bind(author.admin).bind(author.origin).bind(change.action);
    add.bind(change.object).bind(change.before).bind(change.after).step();
    const auto revision = static_cast<std::uint64_t>(add.number(0));
    add.step();
    transaction.commit();
    return revision;
}

void PolicyStore::set(std::string_view name, std::string_view value) {
    database_.prepare("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)")
        .bind(name)
        .bind(value)
        .run();
}

std::uint64_t PolicyStore::save(const Partner& partner,
                                const Author& author,
                                const Change& change) {
    return revise(author, change, [&] {
        Statement save = database_.prepare(
            "INSERT OR REPLACE INTO partners VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        save.bind(partner.domain).bind(partner.description);
        save.bind(static_cast<std::int64_t>(partner.partner_type));
        save.bind(static_cast<std::int64_t>(partner.tls_negotiation));
        save.bind(static_cast<std::int64_t>(partner.sasl_negotiation));
        save.bind(std::int64_t{partner.support_dialback_negotiation});
        save.bind(std::int64_t{partner.enable_keep_alive});
        if (partner.connection_limit) {
            save.bind(std::int64_t{*partner.connection_limit});
        } else {
            save.bind_null();
        }
        save.bind(partner.proxy_fqdn).bind(std::int64_t{partner.enabled}).run();
        database_.prepare("DELETE FROM partner_domains WHERE partner = ?")
            .bind(partner.domain)
            .run();
        std::int64_t position = 0;
        for (const std::string& domain : partner.additional_domains) {
            database_.prepare("INSERT INTO partner_domains VALUES (?, ?, ?)")
                .bind(domain)
                .bind(partner.domain)
                .bind(position++)
                .run();
        }
    });
}

std::uint64_t PolicyStore::save(const AccessRule& rule,
                                const Author& author,
                                const Change& change) {
    return revise(author, change, [&] {
        // Not INSERT OR REPLACE: a granted rule must not be deleted in between.
        Statement save = database_.prepare(
            "INSERT INTO access_rules VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(identity) DO UPDATE "
            "SET "
            "description = excluded.description, "
            "enable_federation_access = excluded.enable_federation_access, "
            "enable_xmpp_access = excluded.enable_xmpp_access, "
            "enable_public_cloud_access = excluded.enable_public_cloud_access, "
            "enable_public_cloud_audio_video_access = "
            "excluded.enable_public_cloud_audio_video_access, "
            "enable_outside_access = excluded.enable_outside_access");
        save.bind(rule.identity).bind(rule.description);
        for (const bool value : {rule.enable_federation_access,
                                 rule.enable_xmpp_access,
                                 rule.enable_public_cloud_access,
                                 rule.enable_public_cloud_audio_video_access,
                                 rule.enable_outside_access}) {
            save.bind(std::int64_t{value});
        }
        save.run();
    });
}

std::uint64_t PolicyStore::save(const AccessEdge& edge,
                                const Author& author,
                                const Change& change) {
    return revise(author, change, [&] {
        set("access_edge.allow_federated_users", digit(edge.allow_federated_users));
        set("access_edge.allow_outside_users", digit(edge.allow_outside_users));
        set("access_edge.allow_anonymous_users", digit(edge.allow_anonymous_users));
    });
}

std::uint64_t PolicyStore::save(const GatewaySettings& settings,
                                const Author& author,
                                const Change& change) {
    return revise(author, change, [&] {
        set("gateway.enabled", digit(settings.enabled));
        set("gateway.dialback_passphrase", settings.dialback_passphrase);
        set("gateway.enable_logging_all_message_bodies",
            digit(settings.enable_logging_all_message_bodies));
        const std::pair<const char*, std::uint32_t> numbers[] = {
            {"gateway.connection_limit", settings.connection_limit},
            {"gateway.partner_connection_limit", settings.partner_connection_limit},
            {"gateway.keep_alive_interval", settings.keep_alive_interval},
            {"gateway.stream_establishment_timeout", settings.stream_establishment_timeout},
            {"gateway.stream_inactivity_timeout", settings.stream_inactivity_timeout},
            {"gateway.subscription_refresh_interval", settings.subscription_refresh_interval},
            {"gateway.presence_restore_rate", settings.presence_restore_rate},
        };
        for (const auto& [name, value] : numbers) {
            set(name, std::to_string(value));
        }
    });
}

std::uint64_t PolicyStore::delete_partner(std::string_view domain,
                                          const Author& author,
                                          const Change& change) {
    return revise(author, change, [&] {
        database_.prepare("DELETE FROM partners WHERE domain = ?").bind(domain).run();
    });
}

std::vector<PolicyRevision> PolicyStore::history(std::size_t limit) const {
    std::vector<PolicyRevision> made;
    Statement read = database_.prepare(
        "SELECT revision, at, admin, origin, action, object, COALESCE(before, ''), "
        "COALESCE(after, '') FROM revisions ORDER BY revision DESC LIMIT ?");
    read.bind(static_cast<std::int64_t>(limit));
    while (read.step()) {
        made.push_back({static_cast<std::uint64_t>(read.number(0)),
                        read.text(1),
                        {read.text(2), read.text(3)},
                        {read.text(4), read.text(5), read.text(6), read.text(7)}});
    }
    return made;
}

}  // namespace isthmus::store
