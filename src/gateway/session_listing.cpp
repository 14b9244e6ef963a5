#include "gateway/session_listing.h"

#include "sip/session_description.h"
#include "sip/uri.h"
#include "translate/address.h"

#include <fmt/format.h>

#include <charconv>

namespace isthmus::gateway {

SessionListing::Named SessionListing::find(std::string_view id) const {
    Named made;
    for (const auto& [letter, sessions] : sets_) {
        if (id.size() >= 2 && id.back() == letter) {
            const char* const end = id.data() + id.size() - 1;
            if (std::from_chars(id.data(), end, made.handle, 16).ptr == end) {
                made.sessions = sessions;
                made.letter = letter;
            }
        }
    }
    return made;
}

void SessionListing::name(const sip::SessionPair& pair, DialogStatus& into) const {
    arena_.reset();
    const auto uri = sip::parse_uri(pair.remote);
    const ServedDomain* served = uri ? admission_.served_sip(uri->host) : nullptr;
    const auto user = served != nullptr ? translate::to_jid(*uri, arena_, served->xmpp)
                                        : translate::to_jid(pair.remote, arena_);
    const auto contact = translate::to_jid(pair.local, arena_);
    into.user = user ? user->jid.to_bare_string() : std::string(pair.remote);
    into.contact = contact ? contact->jid.to_bare_string() : std::string(pair.local);
    if (const auto* partner =
            contact ? admission_.policy().partner_of(contact->jid.domain) : nullptr) {
        into.partner = partner->domain;
    }
}

std::optional<DialogStatus> SessionListing::status_of(const Named& one) const {
    auto seen = one.sessions != nullptr ? one.sessions->view(one.handle) : std::nullopt;
    if (!seen) {
        return std::nullopt;
    }
    DialogStatus made;
    const std::string local = sip::bare_uri(seen->local);
    const std::string remote = sip::bare_uri(seen->remote);
    name({.local = local, .remote = remote}, made);
    made.id = fmt::format("{:x}{}", one.handle, one.letter);
    made.role = "session";
    made.take(*std::move(seen));
    return made;
}

void SessionListing::enter(const SubscriptionFilter& filter, DialogPage& page) const {
    const bool is_all = filter.user.empty() && filter.contact.empty() && filter.partner.empty();
    for (const auto& [letter, sessions] : sets_) {
        sessions->for_each([&](std::uint64_t handle, const sip::SessionPair& pair) {
            if (!is_all) {
                DialogStatus who;
                name(pair, who);
                if ((!filter.user.empty() && who.user != filter.user) ||
                    (!filter.contact.empty() && who.contact != filter.contact) ||
                    (!filter.partner.empty() && who.partner != filter.partner)) {
                    return;
                }
            }
            if (page.total++ < filter.offset || page.items.size() >= filter.limit) {
                return;
            }
            if (auto made = status_of({.sessions = sessions, .handle = handle, .letter = letter})) {
                page.items.push_back(*std::move(made));
            }
        });
    }
}

std::optional<DialogStatus> SessionListing::get(std::string_view id) const {
    return status_of(find(id));
}

bool SessionListing::end(std::string_view id) {
    const Named one = find(id);
    return one.sessions != nullptr && one.sessions->end(one.handle);
}

}  // namespace isthmus::gateway
