#include "app/link_test_views.h"

#include "base/arena.h"
#include "base/text.h"
#include "gateway/gateway.h"
#include "translate/address.h"
#include "xmpp/jid.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace isthmus::app {

namespace {

using Served = std::vector<gateway::ServedDomain>;

Error not_served(const std::string& name) {
    return make_error(ErrorKind::NotFound,
                      "IST-POL-006",
                      "The local domain is not one that we serve.",
                      text::escape_for_log(name));
}

/// The sender as bare JID in its XMPP domain; nothing if the domain is not ours.
std::optional<std::string> sender_jid(const std::string& sender, const Served& served) {
    Arena arena;
    const std::string uri = "sip:" + sender;
    const auto mapped = translate::to_jid(uri, arena);
    if (!mapped) {
        return std::nullopt;
    }
    const auto ascii = xmpp::domain_to_ascii(mapped->jid.domain, arena);
    const auto found = std::ranges::find_if(
        served, [&](const gateway::ServedDomain& domain) { return ascii && domain.sip == *ascii; });
    if (found == served.end()) {
        return std::nullopt;
    }
    return xmpp::Jid{mapped->jid.local, found->xmpp, {}}.to_bare_string();
}

double milliseconds_of(Duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

}  // namespace

Result<std::string> local_domain_of(const control::LinkTestOrder& order, const Served& served) {
    std::string local = order.local_domain;
    if (!order.sender.empty()) {
        const auto jid = sender_jid(order.sender, served);
        if (!jid) {
            return not_served(order.sender);
        }
        local = jid->substr(jid->rfind('@') + 1);
    }
    if (local.empty() && !served.empty()) {
        return served.front().xmpp;
    }
    const bool is_ours =
        std::ranges::find(served, local, &gateway::ServedDomain::xmpp) != served.end();
    return is_ours ? Result<std::string>(local) : not_served(local);
}

xmpp::LinkTestOrder to_xmpp(const control::LinkTestOrder& order, const Served& served) {
    xmpp::LinkTestOrder made;
    made.local = order.local_domain;
    made.remote = order.remote_domain;
    made.policy = gateway::link_policy_of(order.partner);
    made.reverse = order.reverse;
    if (!order.sender.empty()) {
        made.from = sender_jid(order.sender, served).value_or(std::string());
        made.to = order.receiver;
    }
    made.now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    return made;
}

control::TestStep to_control(xmpp::TestStep step) {
    control::TestStep made{.id = std::string(step.id),
                           .state = static_cast<control::TestState>(step.state),
                           .elapsed_ms = milliseconds_of(step.took),
                           .sentence = std::move(step.sentence),
                           .evidence = std::move(step.evidence),
                           .code = std::string(step.code)};
    for (xmpp::TestedAddress& one : step.addresses) {
        made.addresses.push_back({.address = std::move(one.address),
                                  .is_reached = one.is_reached,
                                  .elapsed_ms = milliseconds_of(one.took),
                                  .detail = std::move(one.detail)});
    }
    return made;
}

}  // namespace isthmus::app
