// What the parties of a script do and expect: SIP systems, the partner's server.
#include "base/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "scenarios/play.h"
#include "scenarios/script_text.h"

namespace isthmus::test {

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

/// A stream to the domain that the stanza is for.
void Play::call_us(std::string_view stanza) {
    std::string_view to = stanza.substr(std::min(stanza.find(" to='"), stanza.size()));
    to = to.substr(std::min(to.find('@') + 1, to.size()));
    to = to.substr(0, to.find_first_of("'/"));
    const std::string domain(to == "litware.example" ? to : std::string_view(kOurs));
    if (fabrikam_calls_ && fabrikam_calls_->is_connected() && called_ == domain) {
        return;
    }
    called_ = domain;
    fabrikam_calls_ = std::make_unique<StreamPeer>(theirs_, "192.0.2.1:5269");
    const auto say = [&](std::string_view text) {
        fabrikam_calls_->send(text);
        loop_.run();
    };
    loop_.run();
    say(header(kTheirs, domain));
    say(kStartTls);
    fabrikam_calls_->start_tls({.role = net::TlsRole::Client, .server_name = std::string(kOurs)});
    loop_.run();
    say(header(kTheirs, domain));
    say(auth("="));
    say(header(kTheirs, domain));
    fabrikam_calls_->take();
}

bool Play::change_fabrikam(const std::vector<std::string>& words) {
    const std::string_view what = words.size() == 3 ? words[2] : std::string_view();
    if (words[1] == "goes" && what == "down") {
        fabrikam_.reset();
        linked_ = 0;
        wire_.cut(endpoint("192.0.2.2:5269"));
    } else if (words[1] == "comes" && what == "up") {
        fabrikam_.emplace(loop_, theirs_, "192.0.2.2:5269");
    } else if (words[1] == "stops" && what == "reading") {
        wire_.set_window(2000);
        fabrikam_->peer().stream().pause_reading(true);
    } else if (words[1] == "reads" && what == "again") {
        fabrikam_->peer().stream().pause_reading(false);
    } else {
        return false;
    }
    return true;
}

void Play::xmpp_step(const Line& line, const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& part : line.block) {
        text += text::trim(part);
    }
    if (words[1] == "sends") {
        call_us(text);
        fabrikam_calls_->send(with_id(text, heard_id_));
        loop_.run();
    } else if (change_fabrikam(words)) {
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

}  // namespace isthmus::test
