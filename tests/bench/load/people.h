// Who the generator plays: users u0000000... behind the SIP peer and v0000000... at the partner. A
// pair is a contact of one user; its number is the contact's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "load/buffer.h"
#include "load/numbers.h"

namespace isthmus::bench {

struct People {
    std::string sip = "contoso.example";
    std::string xmpp = "fabrikam.example";
    std::uint32_t contacts = 1;  // of each user

    [[nodiscard]] std::uint32_t user_of(std::uint32_t pair) const { return pair / contacts; }

    // "u0000007@contoso.example"
    void append_user(Buffer& out, std::uint32_t pair) const {
        append(out, 'u', user_of(pair), sip);
    }

    // "v0000007@fabrikam.example"
    void append_contact(Buffer& out, std::uint32_t pair) const { append(out, 'v', pair, xmpp); }

    // The pair that an address of a contact ("...:v0000007@..." or "v0000007@...") names.
    static std::uint32_t pair_of(std::string_view contact) {
        const std::size_t colon = contact.find(':');
        contact.remove_prefix(colon == std::string_view::npos ? 0 : colon + 1);
        std::uint32_t pair = 0;
        for (std::size_t i = 1; i <= pair_size && i < contact.size(); ++i) {
            pair = pair * 10 + static_cast<std::uint32_t>(contact[i] - '0') % 10;
        }
        return pair;
    }

  private:
    static void append(Buffer& out, char kind, std::uint32_t number, std::string_view domain) {
        char* const at = out.reserve(pair_size + 2);
        at[0] = kind;
        write_pair(at + 1, number);
        at[pair_size + 1] = '@';
        out.commit(pair_size + 2);
        out.append(domain);
    }
};

}  // namespace isthmus::bench
