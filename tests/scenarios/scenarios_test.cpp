// Every tests/scenarios/*.scn is one test of that name.
#include "base/text.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "scenarios/play.h"

namespace isthmus::test {

bool matches(std::string_view pattern, std::string_view text, Names* names) {
    const std::size_t wild = pattern.find_first_of(names != nullptr ? "*{" : "*");
    if (wild == std::string_view::npos) {
        return pattern == text;
    }
    if (!text.starts_with(pattern.substr(0, wild))) {
        return false;
    }
    pattern.remove_prefix(wild);
    text.remove_prefix(wild);
    std::string name;
    if (pattern[0] == '{') {
        name = pattern.substr(1, pattern.find('}') - 1);
        pattern.remove_prefix(name.size() + 1);
        if (const auto known = names->find(name); known != names->end()) {
            return text.starts_with(known->second) &&
                   matches(pattern.substr(1), text.substr(known->second.size()), names);
        }
    }
    for (std::size_t skip = 0; skip <= text.size(); ++skip) {
        if (matches(pattern.substr(1), text.substr(skip), names)) {
            if (!name.empty()) {
                (*names)[name] = text.substr(0, skip);
            }
            return true;
        }
    }
    return false;
}

namespace {

constexpr std::string_view kGatewaySip = "192.0.2.1:5060";

std::vector<std::string> words_of(std::string_view line) {
    std::istringstream stream{std::string(line)};
    std::vector<std::string> words;
    for (std::string word; stream >> word;) {
        words.push_back(word);
    }
    return words;
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        lines.emplace_back(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

/// Length of the first whole SIP message, 0 if there is none yet.
std::size_t first_message(std::string_view text) {
    const std::size_t end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) {
        return 0;
    }
    for (const std::string& line : lines_of(text.substr(0, end))) {
        if (text::istarts_with(line, "content-length:")) {
            const auto length = text::to_number(text::trim(std::string_view(line).substr(15)));
            const std::size_t size = end + 4 + length.value_or(0);
            return size <= text.size() ? size : 0;
        }
    }
    return end + 4;
}

/// What follows the first blank line, with CRLF between its lines.
std::string body_of(const std::vector<std::string>& block) {
    std::string body;
    const auto blank = std::ranges::find(block, "");
    for (auto at = blank; at != block.end() && ++at != block.end();) {
        body += *at;
        body += at + 1 == block.end() ? "" : "\r\n";
    }
    return body;
}

/// Every `name` becomes `with`.
std::string replaced(std::string text, std::string_view name, const std::string& with) {
    for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += with.size()) {
        text.replace(at, name.size(), with);
    }
    return text;
}

/// Every `{id}` becomes `with`.
std::string with_id(std::string text, const std::string& with) {
    return replaced(std::move(text), "{id}", with);
}

/// Lines with CRLF; "Content-Length: auto" is worked out.
std::string sip_text(const std::vector<std::string>& block) {
    const auto blank = std::ranges::find(block, "");
    const std::string body = body_of(block);
    std::string text;
    for (auto at = block.begin(); at != blank; ++at) {
        text +=
            *at == "Content-Length: auto" ? fmt::format("Content-Length: {}", body.size()) : *at;
        text += "\r\n";
    }
    return text + "\r\n" + body;
}

/// `{name}` becomes what it stands for.
std::string with_names(std::string text, const Names& names) {
    for (const auto& [name, value] : names) {
        const std::string mark = "{" + name + "}";
        for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos;
             at += value.size()) {
            text.replace(at, mark.size(), value);
        }
    }
    return text;
}

/// The response to a request, with a tag of our making if it has none.
std::string response_to(const std::string& request, const std::string& status_line) {
    std::string text = "SIP/2.0 " + status_line + "\r\n";
    const std::string head = request.substr(0, request.find("\r\n\r\n"));
    for (const std::string& line : lines_of(head)) {
        for (const char* name : {"via:", "from:", "call-id:", "cseq:"}) {
            text += text::istarts_with(line, name) ? line + "\r\n" : "";
        }
        if (text::istarts_with(line, "to:")) {
            text += line + (line.find(";tag=") == std::string::npos ? ";tag=answered\r\n" : "\r\n");
        }
    }
    return text;
}

}  // namespace

SipParty::SipParty(ManualLoop& loop, MemoryHost& host, const std::string& address)
    : loop_(loop), host_(host), address_(address + ":5060"), udp_(host, address_) {
    server_.emplace(host, address_);
}

void SipParty::set_up(bool is_up) {
    unread_of_.clear();
    connection_.reset();
    if (is_up) {
        server_.emplace(host_, address_);
    } else {
        server_.reset();
    }
}

void SipParty::send(const std::string& text, bool over_udp) {
    if (over_udp) {
        udp_.send(kGatewaySip, text);
    } else {
        if (!connection_ || !connection_->is_connected()) {
            connection_ = std::make_unique<StreamPeer>(host_, kGatewaySip);
            loop_.run();
        }
        connection_->send(text);
    }
    loop_.run();
}

void SipParty::collect(StreamPeer& peer, std::string& unread) {
    unread += peer.take();
    while (const std::size_t size = first_message(unread)) {
        const std::string message = unread.substr(0, size);
        unread.erase(0, size);
        if (message.starts_with("OPTIONS ")) {
            peer.send(response_to(message, "200 OK") + "Content-Length: 0\r\n\r\n");
        } else {
            inbox_.push_back(message);
        }
    }
}

std::deque<std::string>& SipParty::inbox() {
    loop_.run();
    if (connection_) {
        collect(*connection_, unread_);
    }
    for (std::size_t i = 0; server_ && i < server_->peers().size(); ++i) {
        const std::size_t before = inbox_.size();
        collect(*server_->peers()[i], unread_of_[i]);
        asked_on_ = inbox_.size() != before ? i : asked_on_;
    }
    for (const DatagramPeer::Datagram& datagram : udp_.take()) {
        inbox_.push_back(datagram.text);
    }
    return inbox_;
}

void SipParty::answer(const std::string& status_line, const std::vector<std::string>& headers) {
    std::string text = response_to(last_request, status_line);
    for (const std::string& header : headers) {
        text += header + "\r\n";
    }
    server_->peers().at(asked_on_)->send(text + "Content-Length: 0\r\n\r\n");
    loop_.run();
}

void MemoryStore::save(subscriptions::Record record, Done done) {
    if (!is_broken) {
        records_[{record.user, record.contact}] = std::move(record);
    }
    tell(std::move(done));
}

void MemoryStore::erase(std::string_view user, std::string_view contact, Done done) {
    if (!is_broken) {
        records_.erase({std::string(user), std::string(contact)});
    }
    tell(std::move(done));
}

void MemoryStore::tell(Done done) {
    if (done) {
        loop_.post([done = std::move(done), is_saved = !is_broken] { done(is_saved); });
    }
}

std::vector<subscriptions::Record> MemoryStore::records() const {
    std::vector<subscriptions::Record> all;
    for (const auto& [names, record] : records_) {
        all.push_back(record);
    }
    return all;
}

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
                                        std::pair{"stranger", "192.0.2.66"}}) {
        parties_.try_emplace(name, loop_, wire_.host(address), address);
    }
    config_.domains = {{"contoso.example", "contoso.example"},
                       {"northwind.example", "northwind.example"}};
    config_.subscribe_rate = 1;
    config_.subscribe_burst = 5;
    int index = 0;
    for (const auto& [name, domain, address] :
         {std::tuple{"proxy", "contoso.example", "192.0.2.10"},
          std::tuple{"neighbour", "northwind.example", "192.0.2.11"}}) {
        gateway::SipPeer peer{.name = name, .domains = {domain}};
        peer.addresses = {*net::Cidr::parse(address)};
        peer.target = {.host = address, .port = 5060, .transport = sip::Transport::Tcp};
        peer.target.peer = index++;
        config_.peers.push_back(std::move(peer));
    }
    objects_.access_edge.allow_federated_users = true;
    objects_.rules = {
        {.identity = "Global", .enable_federation_access = true, .enable_xmpp_access = true}};
    for (const char* domain : {"fabrikam.example", "bystander.example"}) {
        objects_.partners.push_back(
            {.domain = domain, .partner_type = policy::PartnerType::Federated});
    }

    start();
}

void Play::start() {
    gateway_ = std::make_unique<gateway::Gateway>(config_, loop_.timers(), random_, metrics_);
    sip::UserAgentConfig agent;
    agent.server_name = "gateway.contoso.example";
    agent.peer_names = {"proxy", "neighbour"};
    agent.methods = {sip::Method::Message, sip::Method::Subscribe, sip::Method::Notify};
    agent.allow_events = "presence";
    user_agent_ =
        sip::make_user_agent(agent, ours_, resolver_, loop_.timers(), random_, metrics_, *gateway_);
    peers_ = std::make_unique<gateway::SipPeers>(config_, *user_agent_);
    xmpp::ServerConfig server;
    server.domains = {"contoso.example", "northwind.example"};
    server.dialback_secret = "s3cr3t";
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
    const auto xmpp_at = server_->listen({endpoint("192.0.2.1:5269")});
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
    } else if (words[0] == "store") {
        store_.is_broken = words.back() == "broken";
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
        const auto page =
            gateway_->subscriptions().list({.user = words[1], .contact = words[2], .partner = {}});
        for (const gateway::SubscriptionStatus& status : page.items) {
            if (status.direction == words[3]) {
                return words[4] == "ended" ? gateway_->subscriptions().end(status.id)
                                           : gateway_->subscriptions().refresh(status.id);
            }
        }
        return false;
    } else {
        return false;
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
        objects_.rules.push_back({.identity = "tag:Denied"});
        objects_.grants.push_back({words[1], "tag:Denied"});
    } else if (words[0] == "partner" && words[2] == "deleted") {
        std::erase_if(objects_.partners, [&](const auto& one) { return one.domain == words[1]; });
    } else if (words[0] == "partner" && words[2] == "created") {
        objects_.partners.push_back(
            {.domain = words[1], .partner_type = policy::PartnerType::Federated});
    } else if (words[0] == "partner" && words[2] == "is") {
        const auto at = std::ranges::find(objects_.partners, words[1], &policy::Partner::domain);
        at->partner_type = words[3] == "Federated"        ? policy::PartnerType::Federated
                           : words[3] == "PublicVerified" ? policy::PartnerType::PublicVerified
                                                          : policy::PartnerType::PublicUnverified;
    } else {
        return false;
    }
    return true;
}

void Play::expect_sip(SipParty& party, const Line& line) {
    auto& inbox = party.inbox();
    if (inbox.empty()) {
        fail(line, "nothing arrived");
    }
    const std::string message = inbox.front();
    inbox.pop_front();
    const std::size_t end = message.find("\r\n\r\n");
    const auto received = lines_of(std::string_view(message).substr(0, end));
    const std::string body = message.substr(end + 4);
    const auto blank = std::ranges::find(line.block, "");
    for (auto at = line.block.begin(); at != blank; ++at) {
        const bool is_absent = at->starts_with('!');
        const std::string pattern = is_absent ? at->substr(1) + ":*" : *at;
        const auto begin = at == line.block.begin() ? received.begin() : received.begin() + 1;
        const auto stop = at == line.block.begin() ? received.begin() + 1 : received.end();
        const bool found = std::any_of(
            begin, stop, [&](const std::string& one) { return matches(pattern, one, &names_); });
        if (found == is_absent) {
            fail(line, fmt::format("'{}' does not hold for:\n{}", *at, message));
        }
    }
    const std::string wanted = blank == line.block.end() ? "*" : body_of(line.block);
    if (!matches(replaced(wanted, "{mid}", "*"), body)) {
        fail(line, fmt::format("the body is '{}'", body));
    }
    if (wanted.find("{mid}") != std::string::npos) {
        constexpr std::string_view kName = "imdn.Message-ID: ";
        const std::size_t begin = body.find(kName) + kName.size();
        message_id_ = body.substr(begin, body.find('\r', begin) - begin);
    }
    if (!received.empty() && !received[0].starts_with("SIP/2.0")) {
        party.last_request = message;
    }
}

void Play::sip_step(SipParty& party, const Line& line, const std::vector<std::string>& words) {
    if (words[1] == "sends") {
        std::vector<std::string> block = line.block;
        for (std::string& one : block) {
            one = with_names(replaced(one, "{mid}", message_id_), names_);
        }
        party.send(sip_text(block), words.size() > 3 && words[3] == "UDP");
    } else if (words[1] == "receives" && words.size() > 2 && words[2] == "nothing") {
        if (!party.inbox().empty()) {
            fail(line, "but there came:\n" + party.inbox().front());
        }
    } else if (words[1] == "receives") {
        expect_sip(party, line);
    } else if (words[1] == "answers") {
        party.answer(line.text.substr(line.text.find("answers") + 8), line.block);
    } else if (words[1] == "goes" && words[2] == "down") {
        party.set_up(false);
        wire_.cut(endpoint(party.address()));
        loop_.run();
    } else if (words[1] == "comes" && words[2] == "up") {
        party.set_up(true);
    } else {
        fail(line, "not a step of a SIP party");
    }
}

void Play::link_fabrikam() {
    loop_.run();
    if (fabrikam_ && fabrikam_->connections() > linked_) {
        linked_ = fabrikam_->connections();
        // As ScriptedServer::let_in_by_external(), but the stanzas that follow at once are kept.
        fabrikam_->hear();
        fabrikam_->say(header(kTheirs, kOurs, "p1") + features(kStartTls));
        fabrikam_->hear();
        fabrikam_->start_tls();
        fabrikam_->say(header(kTheirs, kOurs, "p2") + features(kExternalOffer));
        fabrikam_->hear();
        fabrikam_->say(kSuccess);
        fabrikam_->hear();
        fabrikam_->say(header(kTheirs, kOurs, "p3") + features(""));
    }
}

void Play::call_us() {
    if (fabrikam_calls_ && fabrikam_calls_->is_connected()) {
        return;
    }
    fabrikam_calls_ = std::make_unique<StreamPeer>(theirs_, "192.0.2.1:5269");
    const auto say = [&](std::string_view text) {
        fabrikam_calls_->send(text);
        loop_.run();
    };
    loop_.run();
    say(header(kTheirs, kOurs));
    say(kStartTls);
    fabrikam_calls_->start_tls({.role = net::TlsRole::Client, .server_name = std::string(kOurs)});
    loop_.run();
    say(header(kTheirs, kOurs));
    say(auth("="));
    say(header(kTheirs, kOurs));
    fabrikam_calls_->take();
}

void Play::xmpp_step(const Line& line, const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& part : line.block) {
        text += text::trim(part);
    }
    if (words[1] == "sends") {
        call_us();
        fabrikam_calls_->send(with_id(text, heard_id_));
        loop_.run();
    } else if (words[1] == "goes" && words[2] == "down") {
        fabrikam_.reset();
        linked_ = 0;
        wire_.cut(endpoint("192.0.2.2:5269"));
        loop_.run();
    } else if (words[1] == "comes" && words[2] == "up") {
        fabrikam_.emplace(loop_, theirs_, "192.0.2.2:5269");
        loop_.run();
    } else if (words[1] == "hears") {
        // On its own connection to us: stream errors and the end of the stream.
        const std::string heard = fabrikam_calls_ ? fabrikam_calls_->take() : "";
        if (!matches(text, heard)) {
            fail(line, fmt::format("heard '{}'", heard));
        }
    } else if (words[1] == "receives") {
        link_fabrikam();
        heard_ = linked_ == 0 ? "" : fabrikam_->hear();
        if (!matches(words.size() > 2 && words[2] == "nothing" ? "" : with_id(text, "*"), heard_)) {
            fail(line, fmt::format("received '{}'", heard_));
        }
        if (text.find("{id}") != std::string::npos) {
            const std::size_t begin = heard_.find(" id='") + 5;
            heard_id_ = heard_.substr(begin, heard_.find('\'', begin) - begin);
        }
    } else {
        fail(line, "not a step of the XMPP party");
    }
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

namespace {

const std::filesystem::path kFolder = std::string(ISTHMUS_SOURCE_DIR) + "/tests/scenarios";

std::vector<std::string> scripts() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
        if (entry.path().extension() == ".scn") {
            names.push_back(entry.path().stem());
        }
    }
    std::ranges::sort(names);
    return names;
}

class Scenario : public testing::TestWithParam<std::string> {};

TEST_P(Scenario, Plays) {
    std::ifstream file(kFolder / (GetParam() + ".scn"));
    std::ostringstream script;
    script << file.rdbuf();
    Play play;
    try {
        play.run(script.str());
    } catch (const ScriptFailure& failure) {
        FAIL() << GetParam() << ".scn: " << failure.what();
    }
}

INSTANTIATE_TEST_SUITE_P(Files,
                         Scenario,
                         testing::ValuesIn(scripts()),
                         [](const testing::TestParamInfo<std::string>& script) {
                             std::string name = script.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

TEST(ScenarioLanguage, ARunnerThatCannotFailIsNoRunner) {
    for (const char* wrong : {"proxy receives\n    SIP/2.0 200 OK\n",
                              "fabrikam receives\n    <message/>\n",
                              "frobnicate\n",
                              "proxy sends\n    OPTIONS sip:192.0.2.1 SIP/2.0\n"
                              "    Via: SIP/2.0/TCP p;branch=z9hG4bK1\n    Max-Forwards: 70\n"
                              "    From: <sip:p@contoso.example>;tag=1\n    To: <sip:192.0.2.1>\n"
                              "    Call-ID: 1\n    CSeq: 1 OPTIONS\n    Content-Length: 0\n"}) {
        EXPECT_THROW(Play().run(wrong), ScriptFailure) << wrong;
    }
}

}  // namespace
}  // namespace isthmus::test
