// net::read_dns_answer: whatever a name server sends, what is taken is bounded and plain.
#include "net/dns_message.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

bool is_plain(std::string_view name) {
    return !name.empty() && name.size() <= 320 &&
           std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace isthmus::net;
    const std::string_view message(reinterpret_cast<const char*>(data), size);
    for (const auto type :
         {RecordType::A, RecordType::Aaaa, RecordType::Srv, RecordType::Naptr, RecordType::Tlsa}) {
        const auto answer = read_dns_answer(message, type);
        if (!answer) {
            continue;
        }
        require(answer->addresses.size() + answer->srv.size() + answer->naptr.size() +
                    answer->tlsa.size() <=
                kMaxRecords);
        for (const SrvRecord& record : answer->srv) {
            require(is_plain(record.target));
        }
        for (const NaptrRecord& record : answer->naptr) {
            require(is_plain(record.replacement));
        }
    }
    return 0;
}
