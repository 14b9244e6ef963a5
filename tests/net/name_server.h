// A name server on loopback for the tests of the resolver.
#pragma once

#include "net/dns_message.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "party.h"

namespace isthmus::net {

inline std::string u16(unsigned number) {
    return {static_cast<char>(number >> 8U), static_cast<char>(number & 0xffU)};
}

inline std::string u32(unsigned number) {
    return u16(number >> 16U) + u16(number & 0xffffU);
}

inline std::string wire_name(std::string_view name) {
    std::string wire;
    while (!name.empty() && name != ".") {
        const std::string_view label = name.substr(0, name.find('.'));
        wire += static_cast<char>(label.size());
        wire += label;
        name.remove_prefix(std::min(name.size(), label.size() + 1));
    }
    return wire + '\0';
}

inline std::string srv_data(unsigned priority,
                            unsigned weight,
                            unsigned port,
                            std::string_view target) {
    return u16(priority) + u16(weight) + u16(port) + wire_name(target);
}

/// A name server on loopback: answers from a table, keeps silent about names it was told to.
class NameServer final : public DatagramHandler {
  public:
    explicit NameServer(Network& network)
        : socket_(network.bind(at("127.0.0.1:0"), *this).value()) {}

    std::string address() const { return "127.0.0.1@" + std::to_string(socket_->local().port); }

    void add(std::string_view name, RecordType type, std::string data) {
        records_[wire_name(name) + u16(static_cast<unsigned>(type))].push_back(std::move(data));
    }

    void be_silent_about(std::string_view name) { silent_ = wire_name(name); }

    int questions = 0;
    int rcode_of_unknown = 3;
    unsigned ttl = 60;          ///< of what it knows
    unsigned negative_ttl = 0;  ///< how long others may remember what it does not; 0: not said

  private:
    void on_datagram(const Endpoint& from, std::string_view query) override {
        const std::size_t end = query.find('\0', 12) + 1;
        const std::string question(query.substr(12, end - 12 + 4));
        if (question.starts_with(silent_) && !silent_.empty()) {
            return;
        }
        ++questions;
        const std::string key = question.substr(0, question.size() - 2);
        const auto found = records_.find(key);
        const bool known = found != records_.end();
        std::string answer(query.substr(0, 2));
        answer += u16(0x8180U | (known ? 0U : static_cast<unsigned>(rcode_of_unknown)));
        answer += u16(1) + u16(known ? static_cast<unsigned>(found->second.size()) : 0);
        const bool says_how_long = !known && negative_ttl != 0;
        answer += u16(says_how_long ? 1 : 0) + u16(0) + question;
        if (known) {
            for (const std::string& data : found->second) {
                answer += "\xc0\x0c" + key.substr(key.size() - 2) + u16(1) + u32(ttl) +
                          u16(static_cast<unsigned>(data.size())) + data;
            }
        }
        if (says_how_long) {
            const std::string soa = wire_name("ns.example.org") + wire_name("x.example.org") +
                                    u32(1) + u32(60) + u32(60) + u32(60) + u32(negative_ttl);
            answer += wire_name("example.org") + u16(6) + u16(1) + u32(negative_ttl) +
                      u16(static_cast<unsigned>(soa.size())) + soa;
        }
        socket_->send(from, answer);
    }

    std::unique_ptr<DatagramSocket> socket_;
    std::map<std::string, std::vector<std::string>> records_;
    std::string silent_;
};

}  // namespace isthmus::net
