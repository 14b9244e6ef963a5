#include "control/objects.h"

#include "base/text.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace isthmus::control {

namespace json = boost::json;

using policy::AccessEdge;
using policy::AccessRule;
using policy::GatewaySettings;
using policy::Partner;

namespace {

constexpr std::string_view kPartnerTypes[] = {"PublicUnverified", "PublicVerified", "Federated"};
constexpr std::string_view kNegotiations[] = {"Required", "Optional", "NotSupported"};

// Walks over the properties of one object: each take_*() consumes one name; finish() complains
// about names that nobody took. The first fault wins and nothing after it is applied.
class Change {
  public:
    explicit Change(const json::object& change) : change_(change) {}

    void flag(const char* name, bool& to) {
        if (const json::value* value = find(name, "true or false", &json::value::is_bool)) {
            to = value->get_bool();
        }
    }

    void text(const char* name, std::string& to, std::size_t limit) {
        if (const json::value* value = find(name, "a text", &json::value::is_string)) {
            const std::string_view given = value->get_string();
            if (given.size() > limit || !text::is_utf8(given)) {
                fail(name, fmt::format("must be a text of at most {} octets", limit));
            } else {
                to = given;
            }
        }
    }

    void number(const char* name, std::uint32_t& to, std::int64_t least, std::int64_t most) {
        const json::value* value = find(name);
        if (value == nullptr) {
            return;
        }
        const auto given = as_number(*value);
        if (!given || *given < least || *given > most) {
            fail(name, fmt::format("must be a whole number from {} to {}", least, most));
        } else {
            to = static_cast<std::uint32_t>(*given);
        }
    }

    void optional_number(const char* name,
                         std::optional<std::uint32_t>& to,
                         std::int64_t least,
                         std::int64_t most) {
        const json::value* value = change_.if_contains(name);
        if (value != nullptr && value->is_null()) {
            taken_.emplace_back(name);
            to.reset();
            return;
        }
        std::uint32_t given = to.value_or(0);
        const bool is_given = value != nullptr;
        number(name, given, least, most);
        if (is_given && !fault_) {
            to = given;
        }
    }

    template <class Enum, std::size_t n>
    void choice(const char* name, Enum& to, const std::string_view (&names)[n]) {
        const json::value* value = find(name);
        if (value == nullptr) {
            return;
        }
        for (std::size_t i = 0; value->is_string() && i < n; ++i) {
            if (text::iequals(value->get_string(), names[i])) {
                to = static_cast<Enum>(i);
                return;
            }
        }
        fail(name, fmt::format("must be one of {}", fmt::join(names, ", ")));
    }

    void domain(const char* name, std::string& to, const CanonicalDomain& canonical) {
        if (const json::value* value = find(name, "a domain", &json::value::is_string)) {
            to = checked_domain(name, value->get_string(), canonical);
        }
    }

    void domains(const char* name, std::vector<std::string>& to, const CanonicalDomain& canonical) {
        const json::value* value = find(name, "a list of domains", &json::value::is_array);
        if (value == nullptr) {
            return;
        }
        constexpr std::size_t kLimit = 1000;
        std::vector<std::string> made;
        for (const json::value& item : value->get_array()) {
            if (!item.is_string() || made.size() == kLimit) {
                fail(name, fmt::format("must be a list of at most {} domains", kLimit));
                return;
            }
            std::string domain = checked_domain(name, item.get_string(), canonical);
            if (std::ranges::find(made, domain) == made.end()) {
                made.push_back(std::move(domain));
            }
        }
        to = std::move(made);
    }

    void ignore(const char* name) { taken_.emplace_back(name); }

    Result<void> finish() {
        for (const auto& [name, value] : change_) {
            if (!fault_ && std::ranges::find(taken_, std::string_view(name)) == taken_.end()) {
                fail(std::string(name).c_str(),
                     fmt::format("is not a property; there are: {}", fmt::join(taken_, ", ")));
            }
        }
        if (fault_) {
            return make_error(ErrorKind::Syntax, "IST-API-001", *fault_, *fault_);
        }
        return {};
    }

  private:
    const json::value* find(const char* name) {
        taken_.emplace_back(name);
        return fault_ ? nullptr : change_.if_contains(name);
    }

    const json::value* find(const char* name,
                            std::string_view wanted,
                            bool (json::value::*is_good)() const noexcept) {
        const json::value* value = find(name);
        if (value != nullptr && !(value->*is_good)()) {
            fail(name, fmt::format("must be {}", wanted));
            return nullptr;
        }
        return value;
    }

    static std::optional<std::int64_t> as_number(const json::value& value) {
        if (value.is_int64()) {
            return value.get_int64();
        }
        if (value.is_uint64() && value.get_uint64() <= INT64_MAX) {
            return static_cast<std::int64_t>(value.get_uint64());
        }
        return std::nullopt;
    }

    std::string checked_domain(const char* name,
                               std::string_view given,
                               const CanonicalDomain& canonical) {
        auto domain = canonical(given);
        if (!domain) {
            fail(name, fmt::format("'{}' is not a domain name", text::escape_for_log(given)));
            return {};
        }
        return std::move(*domain);
    }

    void fail(const char* name, const std::string& why) {
        if (!fault_) {
            fault_ = fmt::format("{} {}", name, why);
        }
    }

    const json::object& change_;
    std::vector<std::string> taken_;
    std::optional<std::string> fault_;
};

// All or nothing: the change works on a copy.
template <class Object, class Walk>
Result<void> apply_to_copy(Object& to, const json::object& change, Walk walk) {
    Object copy = to;
    Change properties(change);
    walk(copy, properties);
    auto result = properties.finish();
    if (result) {
        to = std::move(copy);
    }
    return result;
}

}  // namespace

json::object to_json(const Partner& partner) {
    json::array domains(partner.additional_domains.begin(), partner.additional_domains.end());
    json::value limit;
    if (partner.connection_limit) {
        limit = *partner.connection_limit;
    }
    return {
        {"domain", partner.domain},
        {"additional_domains", std::move(domains)},
        {"description", partner.description},
        {"partner_type", kPartnerTypes[static_cast<std::size_t>(partner.partner_type)]},
        {"tls_negotiation", kNegotiations[static_cast<std::size_t>(partner.tls_negotiation)]},
        {"sasl_negotiation", kNegotiations[static_cast<std::size_t>(partner.sasl_negotiation)]},
        {"support_dialback_negotiation", partner.support_dialback_negotiation},
        {"enable_keep_alive", partner.enable_keep_alive},
        {"connection_limit", std::move(limit)},
        {"proxy_fqdn", partner.proxy_fqdn},
        {"enabled", partner.enabled},
    };
}

json::object to_json(const AccessRule& rule) {
    return {
        {"identity", rule.identity},
        {"description", rule.description},
        {"enable_federation_access", rule.enable_federation_access},
        {"enable_xmpp_access", rule.enable_xmpp_access},
        {"enable_public_cloud_access", rule.enable_public_cloud_access},
        {"enable_public_cloud_audio_video_access", rule.enable_public_cloud_audio_video_access},
        {"enable_outside_access", rule.enable_outside_access},
    };
}

json::object to_json(const AccessEdge& edge) {
    return {
        {"allow_federated_users", edge.allow_federated_users},
        {"allow_outside_users", edge.allow_outside_users},
        {"allow_anonymous_users", edge.allow_anonymous_users},
    };
}

json::object to_json(const GatewaySettings& settings) {
    return {
        {"enabled", settings.enabled},
        {"connection_limit", settings.connection_limit},
        {"partner_connection_limit", settings.partner_connection_limit},
        {"dialback_passphrase_is_set", !settings.dialback_passphrase.empty()},
        {"enable_logging_all_message_bodies", settings.enable_logging_all_message_bodies},
        {"keep_alive_interval", settings.keep_alive_interval},
        {"stream_establishment_timeout", settings.stream_establishment_timeout},
        {"stream_inactivity_timeout", settings.stream_inactivity_timeout},
        {"subscription_refresh_interval", settings.subscription_refresh_interval},
        {"presence_restore_rate", settings.presence_restore_rate},
    };
}

Result<void> apply(Partner& to, const json::object& change, const CanonicalDomain& canonical) {
    auto result = apply_to_copy(to, change, [&](Partner& partner, Change& properties) {
        properties.domain("domain", partner.domain, canonical);
        properties.domains("additional_domains", partner.additional_domains, canonical);
        properties.text("description", partner.description, 1024);
        properties.choice("partner_type", partner.partner_type, kPartnerTypes);
        properties.choice("tls_negotiation", partner.tls_negotiation, kNegotiations);
        properties.choice("sasl_negotiation", partner.sasl_negotiation, kNegotiations);
        properties.flag("support_dialback_negotiation", partner.support_dialback_negotiation);
        properties.flag("enable_keep_alive", partner.enable_keep_alive);
        properties.optional_number("connection_limit", partner.connection_limit, 1, UINT32_MAX);
        properties.text("proxy_fqdn", partner.proxy_fqdn, 255);
        properties.flag("enabled", partner.enabled);
    });
    if (result && !policy::can_negotiate(
                      to.tls_negotiation, to.sasl_negotiation, to.support_dialback_negotiation)) {
        return make_error(ErrorKind::Syntax,
                          "IST-API-001",
                          "SASL or Dialback must be enabled.",
                          "no way of authenticating is left: SASL needs TLS, and dialback is off");
    }
    std::erase(to.additional_domains, to.domain);
    return result;
}

Result<void> apply(AccessRule& to, const json::object& change) {
    return apply_to_copy(to, change, [](AccessRule& rule, Change& properties) {
        properties.ignore("identity");
        properties.text("description", rule.description, 1024);
        properties.flag("enable_federation_access", rule.enable_federation_access);
        properties.flag("enable_xmpp_access", rule.enable_xmpp_access);
        properties.flag("enable_public_cloud_access", rule.enable_public_cloud_access);
        properties.flag("enable_public_cloud_audio_video_access",
                        rule.enable_public_cloud_audio_video_access);
        properties.flag("enable_outside_access", rule.enable_outside_access);
    });
}

Result<void> apply(AccessEdge& to, const json::object& change) {
    return apply_to_copy(to, change, [](AccessEdge& edge, Change& properties) {
        properties.flag("allow_federated_users", edge.allow_federated_users);
        properties.flag("allow_outside_users", edge.allow_outside_users);
        properties.flag("allow_anonymous_users", edge.allow_anonymous_users);
    });
}

Result<void> apply(GatewaySettings& to, const json::object& change) {
    return apply_to_copy(to, change, [](GatewaySettings& settings, Change& properties) {
        constexpr std::int64_t kDay = 86400;
        properties.flag("enabled", settings.enabled);
        properties.number("connection_limit", settings.connection_limit, 1, 1'000'000);
        properties.number(
            "partner_connection_limit", settings.partner_connection_limit, 1, 1'000'000);
        properties.text("dialback_passphrase", settings.dialback_passphrase, 1024);
        properties.flag("enable_logging_all_message_bodies",
                        settings.enable_logging_all_message_bodies);
        properties.number("keep_alive_interval", settings.keep_alive_interval, 1, kDay);
        properties.number(
            "stream_establishment_timeout", settings.stream_establishment_timeout, 1, kDay);
        properties.number("stream_inactivity_timeout", settings.stream_inactivity_timeout, 1, kDay);
        properties.number(
            "subscription_refresh_interval", settings.subscription_refresh_interval, 60, kDay);
        properties.number("presence_restore_rate", settings.presence_restore_rate, 10, 10'000);
    });
}

std::string policy_identity(std::string_view id) {
    if (text::iequals(id, "global")) {
        return "Global";
    }
    if (text::istarts_with(id, "site:")) {
        return fmt::format("Site:{}", id.substr(5));
    }
    if (text::istarts_with(id, "tag:")) {
        return fmt::format("Tag:{}", id.substr(4));
    }
    return fmt::format("Tag:{}", id);
}

}  // namespace isthmus::control
