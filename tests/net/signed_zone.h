// A name server on loopback for one zone that is signed (RFC 4034), with a key that is made for it.
// What is not in the zone is denied by a record made on the spot (RFC 4470).
#pragma once

#include "net/dns_message.h"
#include "net/openssl.h"

#include <openssl/evp.h>

#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "name_server.h"

namespace isthmus::net {

class SignedZone final : public DatagramHandler {
  public:
    SignedZone(Network& network, std::string zone)
        : socket_(network.bind(at("127.0.0.1:0"), *this).value()),
          zone_(std::move(zone)),
          key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")) {
        add(zone_, kDnskey, key_data());
        const std::string soa =
            wire_name(zone_) + wire_name(zone_) + u32(1) + u32(60) + u32(60) + u32(60) + u32(0);
        add(zone_, kSoa, soa);
    }

    std::string address() const { return "127.0.0.1@" + std::to_string(socket_->local().port); }

    /// The line of a file of trust anchors.
    std::string anchor() const {
        std::array<unsigned char, 64> text{};
        const std::string key = public_key();
        EVP_EncodeBlock(text.data(),
                        reinterpret_cast<const unsigned char*>(key.data()),
                        static_cast<int>(key.size()));
        return zone_ + ". IN DNSKEY 257 3 15 " + reinterpret_cast<const char*>(text.data()) + "\n";
    }

    void add(const std::string& name, unsigned type, std::string data) {
        records_[{name, type}].push_back(std::move(data));
    }

    void add(const std::string& name, RecordType type, std::string data) {
        add(name, static_cast<unsigned>(type), std::move(data));
    }

    /// From now on the signatures of that name are missing, or wrong.
    void strip(const std::string& name) { stripped_.insert(name); }

    void forge(const std::string& name) { forged_.insert(name); }

  private:
    static constexpr unsigned kSoa = 6;
    static constexpr unsigned kRrsig = 46;
    static constexpr unsigned kNsec = 47;
    static constexpr unsigned kDnskey = 48;
    static constexpr unsigned kTtl = 60;
    static constexpr char kEd25519 = 15;  // RFC 8080 §5

    std::string public_key() const {
        std::string key(32, '\0');
        std::size_t size = key.size();
        EVP_PKEY_get_raw_public_key(
            key_.get(), reinterpret_cast<unsigned char*>(key.data()), &size);
        return key;
    }

    std::string key_data() const { return u16(257) + '\3' + kEd25519 + public_key(); }

    /// RFC 4034 appendix B
    unsigned key_tag() const {
        const std::string data = key_data();
        unsigned long sum = 0;
        for (std::size_t i = 0; i < data.size(); ++i) {
            const unsigned long octet = static_cast<unsigned char>(data[i]);
            sum += (i & 1U) != 0 ? octet : octet << 8U;
        }
        return static_cast<unsigned>((sum + (sum >> 16U)) & 0xffffU);
    }

    static std::string record(std::string_view name, unsigned type, std::string_view data) {
        return wire_name(name) + u16(type) + u16(1) + u32(kTtl) +
               u16(static_cast<unsigned>(data.size())) + std::string(data);
    }

    /// RFC 4034 §3.1.8.1: the set and its signature, as they stand in an answer.
    std::string signed_set(const std::string& name,
                           unsigned type,
                           const std::vector<std::string>& set,
                           unsigned& count) const {
        std::string made;
        for (const std::string& data : std::set<std::string>(set.begin(), set.end())) {
            made += record(name, type, data);
            ++count;
        }
        if (stripped_.contains(name)) {
            return made;
        }
        const std::string wire = wire_name(name);
        unsigned labels = 0;
        for (std::size_t at = 0; wire[at] != '\0';
             at += static_cast<unsigned char>(wire[at]) + 1U) {
            ++labels;
        }
        // From 2020 until 2080: no clock is asked.
        const std::string head = u16(type) + kEd25519 + static_cast<char>(labels) + u32(kTtl) +
                                 u32(3471292800U) + u32(1577836800U) + u16(key_tag()) +
                                 wire_name(zone_);
        std::string signature = sign(head + made);
        if (forged_.contains(name)) {
            signature.front() ^= 1;
        }
        ++count;
        return made + record(name, kRrsig, head + signature);
    }

    std::string sign(const std::string& octets) const {
        const std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
        std::string signature(64, '\0');
        std::size_t size = signature.size();
        EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get());
        EVP_DigestSign(context.get(),
                       reinterpret_cast<unsigned char*>(signature.data()),
                       &size,
                       reinterpret_cast<const unsigned char*>(octets.data()),
                       octets.size());
        return signature;
    }

    static std::string text_of(std::string_view wire) {
        std::string name;
        for (std::size_t at = 0; wire[at] != '\0';
             at += static_cast<unsigned char>(wire[at]) + 1U) {
            name += name.empty() ? "" : ".";
            name += wire.substr(at + 1, static_cast<unsigned char>(wire[at]));
        }
        return name;
    }

    void on_datagram(const Endpoint& from, std::string_view query) override {
        const std::size_t end = query.find('\0', 12) + 1;
        const std::string name = text_of(query.substr(12, end - 12));
        const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(query[i]); };
        const unsigned type = static_cast<unsigned>(octet(end) << 8U) | octet(end + 1);
        const auto found = records_.find({name, type});
        unsigned answers = 0;
        unsigned authorities = 0;
        std::string body;
        if (found != records_.end()) {
            body = signed_set(name, type, found->second, answers);
        } else {
            // The next name there is, and that this one has nothing but this record.
            const std::string next = '\1' + std::string(1, '\0') + wire_name(name);
            body =
                signed_set(zone_, kSoa, records_.at({zone_, kSoa}), authorities) +
                signed_set(
                    name, kNsec, {next + '\0' + '\6' + std::string(5, '\0') + '\3'}, authorities);
        }
        // RFC 6891 §6.1: signatures were asked for, and there is room for them.
        const std::string options = '\0' + u16(41) + u16(4096) + u32(0x8000) + u16(0);
        socket_->send(from,
                      std::string(query.substr(0, 2)) + u16(0x8580U) + u16(1) + u16(answers) +
                          u16(authorities) + u16(1) + std::string(query.substr(12, end - 8)) +
                          body + options);
    }

    std::unique_ptr<DatagramSocket> socket_;
    std::string zone_;
    KeyPointer key_;
    std::map<std::pair<std::string, unsigned>, std::vector<std::string>> records_;
    std::set<std::string> stripped_;
    std::set<std::string> forged_;
};

}  // namespace isthmus::net
