#include "net/dns_message.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace isthmus::net {

namespace {

constexpr std::size_t kHeader = 12;
constexpr std::size_t kMaxNameOnWire = 255;
constexpr std::size_t kTlsaHead = 3;

/// Reads forward in one part of a message; a read beyond its end gives zero and is remembered.
class Reader {
  public:
    Reader(std::string_view message, std::size_t begin, std::size_t end)
        : message_(message), at_(begin), end_(end) {}

    bool is_good() const { return good_; }

    std::size_t at() const { return at_; }

    std::uint8_t u8() { return need(1) ? octet(at_++) : std::uint8_t{0}; }

    std::uint16_t u16() {
        const unsigned high = u8();
        return static_cast<std::uint16_t>(high << 8U | u8());
    }

    std::uint32_t u32() {
        const std::uint32_t high = u16();
        return high << 16U | u16();
    }

    std::string_view octets(std::size_t size) {
        if (!need(size)) {
            return {};
        }
        at_ += size;
        return message_.substr(at_ - size, size);
    }

    /// RFC 1035 §3.3 <character-string>
    std::string_view string() { return octets(u8()); }

    /// A name in lower case without the final dot; the root is ".". Pointers must lead backwards
    /// (RFC 1035 §4.1.4), so there are no loops.
    std::string name() {
        std::string text;
        std::size_t from = at_;
        std::size_t lowest = at_;
        bool jumped = false;
        while (good_) {
            const std::size_t limit = jumped ? message_.size() : end_;
            if (from >= limit) {
                break;
            }
            const std::uint8_t size = octet(from);
            if ((size & 0xc0U) == 0xc0U) {
                if (from + 1 >= limit) {
                    break;
                }
                const std::size_t target = (size & 0x3fU) << 8U | octet(from + 1);
                if (!jumped) {
                    at_ = from + 2;
                }
                if (target >= lowest) {
                    break;
                }
                jumped = true;
                from = lowest = target;
                continue;
            }
            if (size > 63 || from + 1 + size > limit || text.size() + size > kMaxNameOnWire) {
                break;
            }
            from += 1 + std::size_t{size};
            if (size == 0) {
                if (!jumped) {
                    at_ = from;
                }
                return text.empty() ? "." : text;
            }
            if (!text.empty()) {
                text += '.';
            }
            text += text::to_lower(message_.substr(from - size, size));
        }
        good_ = false;
        return {};
    }

  private:
    std::uint8_t octet(std::size_t at) const { return static_cast<std::uint8_t>(message_[at]); }

    bool need(std::size_t size) {
        good_ = good_ && size <= end_ - at_;
        return good_;
    }

    std::string_view message_;
    std::size_t at_;
    std::size_t end_;
    bool good_ = true;
};

/// What a host name may hold; the underscore is for service names.
bool is_plain_name(std::string_view name) {
    return name == "." || std::ranges::all_of(name, [](char c) {
               return text::is_alnum(c) || c == '-' || c == '.' || c == '_';
           });
}

void add_address(DnsAnswer& to, std::string_view octets, bool v4) {
    if (v4 && octets.size() == 4) {
        std::array<std::uint8_t, 4> address{};
        std::ranges::copy(octets, address.begin());
        to.addresses.push_back(IpAddress::v4(address));
    } else if (!v4 && octets.size() == 16) {
        std::array<std::uint8_t, 16> address{};
        std::ranges::copy(octets, address.begin());
        to.addresses.push_back(IpAddress::v6(address));
    }
}

void add_record(DnsAnswer& to, Reader data, std::string_view octets, RecordType type) {
    switch (type) {
        case RecordType::A:
        case RecordType::Aaaa:
            add_address(to, octets, type == RecordType::A);
            break;
        case RecordType::Srv: {  // RFC 2782
            SrvRecord record;
            record.priority = data.u16();
            record.weight = data.u16();
            record.port = data.u16();
            record.target = data.name();
            if (data.is_good() && is_plain_name(record.target)) {
                to.srv.push_back(std::move(record));
            }
            break;
        }
        case RecordType::Naptr: {  // RFC 3403 §4.1
            NaptrRecord record;
            record.order = data.u16();
            record.preference = data.u16();
            record.flags = text::to_lower(data.string());
            record.service = data.string();
            data.string();  // the regular expression: RFC 3263 §4.1 uses the replacement only
            record.replacement = data.name();
            if (data.is_good() && is_plain_name(record.replacement)) {
                to.naptr.push_back(std::move(record));
            }
            break;
        }
        case RecordType::Tlsa: {  // RFC 6698 §2.1
            TlsaRecord record;
            record.usage = data.u8();
            record.selector = data.u8();
            record.matching = data.u8();
            if (data.is_good()) {
                record.data = octets.substr(kTlsaHead);
                to.tlsa.push_back(std::move(record));
            }
            break;
        }
    }
}

}  // namespace

std::optional<DnsAnswer> read_dns_answer(std::string_view message, RecordType type) {
    if (message.size() < kHeader) {
        return std::nullopt;
    }
    Reader reader(message, 0, message.size());
    reader.u16();
    DnsAnswer answer;
    answer.rcode = reader.u16() & 0x0f;
    const unsigned questions = reader.u16();
    const unsigned records = reader.u16();
    reader.u16();
    reader.u16();
    for (unsigned i = 0; i < questions && reader.is_good(); ++i) {
        reader.name();
        reader.octets(4);
    }
    std::size_t taken = 0;
    for (unsigned i = 0; i < records && taken < kMaxRecords; ++i) {
        reader.name();
        const std::uint16_t record_type = reader.u16();
        const std::uint16_t record_class = reader.u16();
        const std::uint32_t ttl = reader.u32();
        const std::uint16_t size = reader.u16();
        const std::size_t at = reader.at();
        const std::string_view octets = reader.octets(size);
        if (!reader.is_good()) {
            return std::nullopt;
        }
        if (record_type == static_cast<std::uint16_t>(type) && record_class == 1) {
            add_record(answer, Reader(message, at, at + size), octets, type);
            if (!answer.srv.empty()) {
                answer.srv.back().ttl = ttl;
            }
            ++taken;
        }
    }
    if (!reader.is_good()) {
        return std::nullopt;
    }
    return answer;
}

void order_srv(std::vector<SrvRecord>& records, Random& random) {
    std::ranges::sort(records, [](const SrvRecord& a, const SrvRecord& b) {
        return std::pair(a.priority, a.weight != 0) < std::pair(b.priority, b.weight != 0);
    });
    for (auto first = records.begin(); first != records.end(); ++first) {
        const auto last = std::find_if(first, records.end(), [&](const SrvRecord& record) {
            return record.priority != first->priority;
        });
        std::uint64_t sum = 0;
        for (auto at = first; at != last; ++at) {
            sum += at->weight;
        }
        const std::uint64_t chosen = random.below(sum + 1);
        std::uint64_t running = 0;
        auto winner = first;
        for (; winner + 1 != last; ++winner) {
            running += winner->weight;
            if (running >= chosen) {
                break;
            }
        }
        std::rotate(first, winner, winner + 1);
    }
}

std::vector<IpAddress> interleave(const std::vector<IpAddress>& addresses) {
    std::vector<IpAddress> v6;
    std::vector<IpAddress> v4;
    for (const IpAddress& address : addresses) {
        (address.is_v4() ? v4 : v6).push_back(address);
    }
    std::vector<IpAddress> result;
    for (std::size_t i = 0; i < std::max(v4.size(), v6.size()); ++i) {
        if (i < v6.size()) {
            result.push_back(v6[i]);
        }
        if (i < v4.size()) {
            result.push_back(v4[i]);
        }
    }
    return result;
}

}  // namespace isthmus::net
