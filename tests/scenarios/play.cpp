#include "scenarios/play.h"

#include "base/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "scenarios/script_text.h"

namespace isthmus::test {

Play::Play() {
    for (const auto& [domain, address] : {std::pair{"fabrikam.example", "192.0.2.2"},
                                          std::pair{"bystander.example", "192.0.2.9"}}) {
        resolver_.add_srv(std::string("_xmpp-server._tcp.") + domain, {0, 0, 5269, domain});
        resolver_.add_address(domain, address);
    }
    ours_.set_certificate(certificate_for(kOurs));
    theirs_.set_certificate(certificate_for(kTheirs));
    fabrikam_.emplace(loop_, theirs_, "192.0.2.2:5269");
    for (const auto& [name, address] : {std::pair{"proxy", "192.0.2.10"},
                                        std::pair{"neighbour", "192.0.2.11"},
                                        std::pair{"lync", "192.0.2.12"},
                                        std::pair{"stranger", "192.0.2.66"}}) {
        parties_.try_emplace(name, loop_, wire_.host(address), address);
    }
    config_.domains = {{"contoso.example", "contoso.example"},
                       {"northwind.example", "northwind.example"},
                       {"litware.example", "litware.example"}};
    config_.subscribe_rate = 1;
    config_.subscribe_burst = 5;
    config_.dialog_check = {};
    int index = 0;
    for (const auto& [name, domain, address] :
         {std::tuple{"proxy", "contoso.example", "192.0.2.10"},
          std::tuple{"neighbour", "northwind.example", "192.0.2.11"},
          std::tuple{"lync", "litware.example", "192.0.2.12"}}) {
        gateway::SipPeer peer{.name = name, .domains = {domain}};
        peer.addresses = {*net::Cidr::parse(address)};
        peer.target = {.host = address, .port = 5060, .transport = sip::Transport::Tcp};
        peer.target.peer = index++;
        peer.has_sessions = peer.asserts_identity = peer.name == "lync";
        peer.presence =
            peer.has_sessions ? sip::PresencePreference::Auto : sip::PresencePreference::Pidf;
        config_.peers.push_back(std::move(peer));
    }
    objects_.access_edge.allow_federated_users = true;
    objects_.rules = {
        {.identity = "Global", .enable_federation_access = true, .enable_xmpp_access = true}};
    for (const char* domain : {"fabrikam.example", "bystander.example"}) {
        objects_.partners.push_back({.domain = domain,
                                     .partner_type = policy::PartnerType::Federated,
                                     .enable_keep_alive = false});
    }

    start();
}

void Play::start() {
    gateway_ = std::make_unique<gateway::Gateway>(config_, loop_.timers(), random_, metrics_);
    sip::UserAgentConfig agent;
    agent.server_name = "gateway.contoso.example";
    agent.peer_names = {"proxy", "neighbour", "lync"};
    agent.has_sessions = true;
    agent.methods = {sip::Method::Message, sip::Method::Subscribe, sip::Method::Notify};
    agent.allow_events = "presence";
    user_agent_ =
        sip::make_user_agent(agent, ours_, resolver_, loop_.timers(), random_, metrics_, *gateway_);
    peers_ = std::make_unique<gateway::SipPeers>(config_, *user_agent_);
    xmpp::ServerConfig server;
    server.domains = {"contoso.example", "northwind.example", "litware.example"};
    server.dialback_secret = "s3cr3t";
    server.max_output_octets = output_limit_;
    server_ =
        xmpp::make_server(server, ours_, resolver_, loop_.timers(), random_, metrics_, *gateway_);
    server_->set_tls(some_tls());
    gateway_->attach(*peers_, *peers_, *server_, store_);
    publish();
    gateway_->restore(store_.records());
    // Opening the listeners takes a while; nothing that was restored may leave before.
    loop_.advance(std::chrono::milliseconds(100));
    const auto sip_at = user_agent_->listen({{sip::Transport::Tcp, endpoint(kGatewaySip)},
                                             {sip::Transport::Udp, endpoint(kGatewaySip)}});
    const auto xmpp_at = server_->listen({endpoint("192.0.2.1:5269")}, false);
    if (!sip_at || !xmpp_at) {
        throw std::runtime_error("the gateway cannot listen");
    }
    gateway_->begin();
}

void Play::stop() {
    gateway_->abandon();
    server_.reset();
    peers_.reset();
    user_agent_.reset();
    gateway_.reset();
    loop_.run();
}

Play::~Play() {
    gateway_->abandon();
}

void Play::publish() {
    gateway_->set_policy(policy::Policy::build(objects_).value());
}

void Play::fail(const Line& line, const std::string& why) {
    throw ScriptFailure(fmt::format("line {}: {}: {}", line.number, line.text, why));
}

std::vector<Play::Line> Play::read(std::string_view script) {
    std::vector<Line> lines;
    int number = 0;
    std::size_t blanks = 0;
    for (const std::string& text : lines_of(script)) {
        ++number;
        if (text.starts_with("    ") && !lines.empty()) {
            lines.back().block.resize(lines.back().block.size() + blanks);
            lines.back().block.push_back(text.substr(4));
            blanks = 0;
        } else if (text.empty()) {
            blanks += lines.empty() || lines.back().block.empty() ? 0 : 1;
        } else if (!text.starts_with('#')) {
            lines.push_back({number, text, {}});
            blanks = 0;
        }
    }
    return lines;
}

void Play::run(std::string_view script) {
    for (const Line& line : read(script)) {
        perform(line);
        // Timers have ticks of 1 ms: what is due at once is due in the next.
        loop_.advance(std::chrono::milliseconds(5));
    }
    finish();
}

void Play::perform(const Line& line) {
    const auto words = words_of(line.text);
    if (words.size() == 2 && words[0] == "after") {
        const auto number =
            text::to_number(words[1].substr(0, words[1].find_first_not_of("0123456789")));
        const bool is_seconds = !words[1].ends_with("ms");
        Duration left = std::chrono::milliseconds(number.value() * (is_seconds ? 1000 : 1));
        while (left > Duration{}) {
            // The parties answer OPTIONS meanwhile.
            const Duration step = std::min<Duration>(left, std::chrono::seconds(1));
            loop_.advance(step);
            left -= step;
            for (auto& [name, party] : parties_) {
                party.inbox();
            }
        }
        loop_.run();
    } else if (look(line, words)) {
    } else if (change_ours(words)) {
        loop_.run();
    } else if (change_policy(words)) {
        publish();
        loop_.run();
    } else if (const auto party = parties_.find(words[0]); party != parties_.end()) {
        sip_step(party->second, line, words);
    } else if (words[0] == "fabrikam") {
        xmpp_step(line, words);
    } else {
        fail(line, "not a step");
    }
}

bool Play::change_ours(const std::vector<std::string>& words) {
    if (words[0] == "drain") {
        user_agent_->set_draining(true);
        server_->set_draining(true);
    } else if (words[0] == "restart") {
        stop();
        start();
    } else if (words[0] == "streams" && words[1] == "hold") {
        output_limit_ = text::to_number(words[2]).value();
        stop();
        start();
    } else if (words[0] == "dialogs" && words[1] == "checked") {
        config_.dialog_check = std::chrono::seconds(5);
        stop();
        start();
    } else if (words[0] == "store") {
        if (words.back() == "waits") {
            store_.wait();
        } else if (words.back() == "on") {
            store_.go_on();
        } else {
            store_.is_broken = words.back() == "broken";
        }
    } else if (words[0] == "contact" && words.size() == 4) {
        const auto done = [](const Result<void>& result) {
            if (!result) {
                throw ScriptFailure("the contact was not changed: " + result.error().public_text);
            }
        };
        if (words[3] == "added") {
            gateway_->subscriptions().add_contact(words[1], words[2], done);
        } else {
            gateway_->subscriptions().remove_contact(words[1], words[2], done);
        }
    } else if (words[0] == "subscription" && words.size() == 5) {
        for (const gateway::SubscriptionStatus& status : statuses(words)) {
            return words[4] == "ended" ? gateway_->subscriptions().end(status.id)
                                       : gateway_->subscriptions().refresh(status.id);
        }
        return false;
    } else {
        return false;
    }
    return true;
}

/// Those that the step names; one at most.
std::vector<gateway::SubscriptionStatus> Play::statuses(const std::vector<std::string>& words) {
    std::vector<gateway::SubscriptionStatus> found;
    gateway_->subscriptions().list(
        {.user = words[1], .contact = words[2], .partner = {}},
        [&found](Result<gateway::SubscriptionPage> page) { found = page.value().items; });
    std::erase_if(found, [&](const auto& one) { return one.direction != words[3]; });
    return found;
}

/// What an administrator sees.
bool Play::look(const Line& line, const std::vector<std::string>& words) {
    std::vector<std::string> seen;
    if (words[0] == "counted") {
        seen = lines_of(metrics_.render());
    } else if (words[0] == "subscription" && words.size() == 5 && words[4] == "is") {
        for (const gateway::SubscriptionStatus& status : statuses(words)) {
            seen = {"state: " + status.state,
                    "why: " + status.why,
                    "code: " + status.code,
                    fmt::format("next_attempt_in: {}", status.next_attempt_in)};
        }
    } else {
        return false;
    }
    for (const std::string& wanted : line.block) {
        if (std::ranges::none_of(seen, [&](const auto& one) { return matches(wanted, one); })) {
            fail(line, fmt::format("'{}' is not in:\n{}", wanted, fmt::join(seen, "\n")));
        }
    }
    return true;
}

bool Play::change_policy(const std::vector<std::string>& words) {
    const bool is_on = words.back() == "on";
    if (words[0] == "federation") {
        objects_.access_edge.allow_federated_users = is_on;
    } else if (words[0] == "gateway") {
        objects_.gateway.enabled = is_on;
    } else if (words[0] == "policy") {
        objects_.rules[0].enable_xmpp_access = is_on;
    } else if (words[0] == "user" && words[2] == "denied") {
        objects_.rules.push_back({.identity = "Tag:Denied"});
        const policy::User denied{.uri = words[1], .policy = "Tag:Denied"};
        objects_.users = policy::UserTable::of({&denied, 1});
    } else if (words[0] == "partner" && words[2] == "deleted") {
        objects_.partners.erase(objects_.partners.find(words[1]));
    } else if (words[0] == "partner" && words[2] == "created") {
        objects_.partners.push_back({.domain = words[1],
                                     .partner_type = policy::PartnerType::Federated,
                                     .enable_keep_alive = false});
    } else if (words[0] == "partner" && words[2] == "is") {
        const std::uint32_t place = objects_.partners.find(words[1]);
        policy::Partner partner = *objects_.partners.at(place);
        partner.partner_type = words[3] == "Federated" ? policy::PartnerType::Federated
                               : words[3] == "PublicVerified"
                                   ? policy::PartnerType::PublicVerified
                                   : policy::PartnerType::PublicUnverified;
        objects_.partners.replace(place, std::move(partner));
    } else {
        return false;
    }
    return true;
}

void Play::finish() {
    const Line end{0, "at the end", {}};
    for (auto& [name, party] : parties_) {
        if (!party.inbox().empty()) {
            fail(end, name + " has an unexpected message:\n" + party.inbox().front());
        }
    }
    if (bystander_.connections() != 0) {
        fail(end, "the XMPP bystander was contacted");
    }
    if (linked_ != 0 && fabrikam_) {
        if (const std::string rest = fabrikam_->hear(); !rest.empty()) {
            fail(end, "fabrikam has an unexpected stanza: " + rest);
        }
    }
}

}  // namespace isthmus::test
