// What is asked for with a test: the options, read and checked.
#include "base/spelling.h"
#include "base/text.h"
#include "control/partner_test.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <utility>

namespace isthmus::control {

namespace json = boost::json;

namespace {

/// A sentence that begins with the name of the field, as control/properties.h has it.
Error wrong_option(std::string_view field, std::string_view why) {
    return make_error(
        ErrorKind::Syntax, "IST-API-001", fmt::format("{}: {}", field, why), std::string(why));
}

Result<void> check_options(const json::object& options) {
    for (const auto& [name, value] : options) {
        const bool is_text = name == "sender" || name == "receiver" || name == "local_domain";
        if (name != "reverse" && name != "partner" && !is_text) {
            const std::string near = text::nearest(
                std::string(name), {"reverse", "sender", "receiver", "local_domain", "partner"});
            return wrong_option(
                text::escape_for_log(name, 80),
                near.empty() ? "is not known here." : "is not known; there is " + near + ".");
        }
        const std::string_view wanted = name == "reverse"   ? "true or false"
                                        : name == "partner" ? "an object"
                                                            : "a text";
        if ((name == "reverse" && !value.is_bool()) || (name == "partner" && !value.is_object()) ||
            (is_text && !value.is_string())) {
            return wrong_option(
                fmt::format("{} {}", name, text::escape_for_log(json::serialize(value), 80)),
                fmt::format("must be {}.", wanted));
        }
    }
    return {};
}

std::string option_of(const json::object& options, std::string_view name) {
    const json::value* found = options.if_contains(name);
    return found != nullptr ? std::string(found->get_string()) : std::string();
}

}  // namespace

Result<policy::Partner> PartnerTests::read_partner(const std::string& domain,
                                                   const json::object& document) const {
    json::object given = document;
    given.erase("negotiation");  // what GET adds
    given.erase("links");
    const Edit dry{.author = {}, .reason = {}, .if_match = {}, .dry_run = true};
    policy::Partner partner;
    const policy::Partner* holder = policies_.current().partner_of(domain);
    if (holder != nullptr && holder->domain == domain) {
        partner = *holder;
        given.erase("domain");
        if (auto would = policies_.set<policy::Partner>(domain, given, dry); !would) {
            return would.error();
        }
    } else {
        given["domain"] = domain;
        if (auto would = policies_.create<policy::Partner>(given, dry); !would) {
            return would.error();
        }
    }
    if (auto applied = apply(partner, given, policies_.canonical()); !applied) {
        return applied.error();
    }
    return partner;
}

Result<LinkTestOrder> PartnerTests::read_order(std::string_view domain,
                                               const json::object& options,
                                               bool& is_saved) const {
    if (auto checked = check_options(options); !checked) {
        return checked.error();
    }
    const CanonicalNames& canonical = policies_.canonical();
    auto remote = canonical.domain(domain);
    if (!remote) {
        return wrong_option("domain", remote.error().public_text);
    }
    LinkTestOrder order{.local_domain = {}, .remote_domain = *remote, .partner = {}};
    const json::value* document = options.if_contains("partner");
    is_saved = document == nullptr;
    if (document != nullptr) {
        auto partner = read_partner(*remote, document->get_object());
        if (!partner) {
            return partner.error();
        }
        order.partner = std::move(*partner);
    } else if (const auto* holder = policies_.current().partner_of(*remote)) {
        order.partner = *holder;
    }
    const json::value* reverse = options.if_contains("reverse");
    order.reverse = reverse != nullptr && reverse->get_bool();
    order.sender = option_of(options, "sender");
    order.receiver = option_of(options, "receiver");
    if (order.sender.starts_with("sip:")) {
        order.sender.erase(0, 4);
    }
    if (!order.sender.empty()) {
        if (auto user = canonical.user(order.sender); !user) {
            return wrong_option("sender", user.error().detail);
        }
        if (order.receiver.empty()) {
            return wrong_option("receiver", "a test message needs one");
        }
    }
    if (!order.receiver.empty()) {
        auto contact = canonical.contact(order.receiver);
        if (!contact || contact->substr(contact->rfind('@') + 1) != order.remote_domain) {
            return wrong_option("receiver", "it must be USER@" + order.remote_domain);
        }
        order.receiver = std::move(*contact);
    }
    if (const std::string local = option_of(options, "local_domain"); !local.empty()) {
        auto prepared = canonical.domain(local);
        if (!prepared) {
            return wrong_option("local_domain", prepared.error().public_text);
        }
        order.local_domain = std::move(*prepared);
    }
    auto local = side_.local_domain(order);
    if (!local) {
        return local.error();
    }
    order.local_domain = std::move(*local);
    return order;
}

}  // namespace isthmus::control
