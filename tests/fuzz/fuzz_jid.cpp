// Fuzzes the preparation of JIDs: prepared parts are legal, short enough, stable, and keep the
// boundaries of the three parts; the account key is the same for all spellings of one account.
#include "base/arena.h"
#include "base/text.h"
#include "xmpp/jid.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace isthmus;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check_part(std::string_view part) {
    require(part.size() <= 1023 && text::is_utf8(part));
    for (char c : part) {
        require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
    }
}

void check_jid(std::string_view input) {
    Arena arena;
    const auto parsed = xmpp::parse_jid(input, arena);
    if (!parsed) {
        return;
    }
    check_part(parsed->local);
    check_part(parsed->domain);
    check_part(parsed->resource);
    require(!parsed->domain.empty());
    require(parsed->local.find_first_of("\"&'/:<>@ ") == std::string_view::npos);
    require(parsed->domain.find_first_of("\"&'/<>@ \\") == std::string_view::npos);
    const std::string full = parsed->full();
    const auto again = xmpp::parse_jid(full, arena);
    require(again && *again == *parsed && xmpp::Jid::from_prepared(full) == *parsed);
}

void check_local(std::string_view input) {
    Arena arena;
    const auto prepared = xmpp::prepare_local(input, arena);
    const auto key = xmpp::account_key(input, arena);
    require(prepared.has_value() == key.has_value());
    if (prepared) {
        require(*xmpp::account_key(*prepared, arena) == *key);
    }
}

void check_domain(std::string_view input) {
    Arena arena;
    const auto unicode = xmpp::prepare_domain(input, arena);
    const auto ascii = xmpp::domain_to_ascii(input, arena);
    require(unicode.has_value() == ascii.has_value());
    if (unicode) {
        require(*xmpp::domain_to_ascii(*unicode, arena) == *ascii);
        require(*xmpp::domain_to_unicode(*ascii, arena) == *unicode);
        for (char c : *ascii) {
            require(text::is_alnum(c) || c == '-' || c == '.' || c == '[' || c == ']' || c == ':');
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // Exactly as large as the input, so that reading beyond it is noticed.
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    check_jid(input);
    check_local(input);
    check_domain(input);
    return 0;
}
