#include "gateway/spellings.h"

#include "base/text.h"

namespace isthmus::gateway {

namespace {

/// Nobody's name; what is longer is written as its JID says.
constexpr std::size_t kMaxUser = 256;

}  // namespace

void Spellings::remember(const sip::Uri& uri, const xmpp::Jid& user) {
    if (uri.user.empty() || uri.user.size() > kMaxUser) {
        entries_.erase(key_of(user));
        return;
    }
    std::string& spelling = entries_.touch(key_of(user));
    spelling.assign("sip:").append(uri.user).push_back('@');
    std::string_view host = uri.host;
    if (host.ends_with('.')) {
        host.remove_suffix(1);
    }
    for (const char c : host) {
        spelling.push_back(text::lower(c));
    }
}

std::string_view Spellings::of(const xmpp::Jid& user) const {
    const std::string* spelling = size() == 0 ? nullptr : entries_.find(key_of(user));
    return spelling == nullptr ? std::string_view() : std::string_view(*spelling);
}

}  // namespace isthmus::gateway
