// Who speaks in a script besides the gateway.
#include <algorithm>
#include <utility>

#include "scenarios/play.h"
#include "scenarios/script_text.h"

namespace isthmus::test {

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
    // RFC 5626 §4.4.1: a ping; whoever answers one would have to answer all.
    while (unread.starts_with("\r\n")) {
        unread.erase(0, 2);
    }
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
    const auto blank = std::ranges::find(headers, "");
    for (auto at = headers.begin(); at != blank; ++at) {
        text += *at + "\r\n";
    }
    const std::string body = blank == headers.end() ? "" : body_of(headers);
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    server_->peers().at(asked_on_)->send(text);
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

void MemoryStore::go_on() {
    is_waiting_ = false;
    for (Done& done : std::exchange(unsaid_, {})) {
        tell(std::move(done));
    }
}

void MemoryStore::tell(Done done) {
    if (done && is_waiting_) {
        unsaid_.push_back(std::move(done));
    } else if (done) {
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

}  // namespace isthmus::test
