#include "control/contact_service.h"

#include "base/log.h"
#include "control/steering.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace isthmus::control {

namespace {

Error required(std::string_view field) {
    return make_error(ErrorKind::Syntax, "IST-API-001", fmt::format("{} is required.", field), {});
}

/// The code that an administrator can look up, where the flow only says the kind.
Error with_code(Error error) {
    if (error.code.empty() && error.kind == ErrorKind::Conflict) {
        error.code = "IST-API-003";
    } else if (error.code.empty() && error.kind == ErrorKind::NotFound) {
        error.code = "IST-API-002";
    }
    return error;
}

void enter(ContactStatus& into, SubscriptionStatus half) {
    into.user = std::move(half.user);
    into.contact = std::move(half.contact);
    into.partner = std::move(half.partner);
    into.since = into.since == 0 ? half.since : std::min(into.since, half.since);
    if (half.direction == "xmpp_watches_sip") {
        into.xmpp_watches_sip = std::move(half.standing);
        return;
    }
    into.sip_watches_xmpp = std::move(half.standing);
    into.state = std::move(half.state);
    into.why = std::move(half.why);
    into.code = std::move(half.code);
    into.subscription = std::move(half.id);
}

std::vector<ContactStatus> contacts_of(SubscriptionPage page) {
    std::map<std::string, ContactStatus> found;
    for (SubscriptionStatus& half : page.items) {
        ContactStatus& contact = found[half.contact];
        enter(contact, std::move(half));
    }
    std::vector<ContactStatus> made;
    for (auto& [name, contact] : found) {
        // Who only watches him is not on his list.
        if (!contact.sip_watches_xmpp.empty() && contact.sip_watches_xmpp != "none") {
            made.push_back(std::move(contact));
        }
    }
    return made;
}

PresenceSide::Done logged(std::string_view event,
                          std::string user,
                          std::string contact,
                          Author author,
                          PresenceSide::Done done) {
    return [event,
            user = std::move(user),
            contact = std::move(contact),
            author = std::move(author),
            done = std::move(done)](Result<void> result) {
        if (!result) {
            result = with_code(result.error());
        }
        log::event(log::Level::Info,
                   event,
                   {{"from", user},
                    {"to", contact},
                    {"admin", author.admin},
                    {"origin", author.origin},
                    {"result", result ? "done" : "failed"},
                    {"code", result ? std::string_view() : result.error().code}});
        done(std::move(result));
    };
}

}  // namespace

void ContactService::list(std::string_view user, const ListDone& done) const {
    if (user.empty()) {
        return done(required("user"));
    }
    auto key = canonical_field(canonical_.user, "user", user);
    if (!key) {
        return done(key.error());
    }
    const SubscriptionFilter filter{.user = std::move(*key),
                                    .contact = {},
                                    .partner = {},
                                    .offset = 0,
                                    .limit = 2 * kMaxContacts};  // two halves a contact
    side_.list(filter, [done](Result<SubscriptionPage> page) {
        if (page) {
            done(contacts_of(std::move(*page)));
        } else {
            done(page.error());
        }
    });
}

Result<ContactService::Pair> ContactService::pair(std::string_view user,
                                                  std::string_view contact) const {
    if (user.empty() || contact.empty()) {
        return required(user.empty() ? "user" : "contact");
    }
    auto first = canonical_field(canonical_.user, "user", user);
    auto second = canonical_field(canonical_.contact, "contact", contact);
    if (!first || !second) {
        return first ? second.error() : first.error();
    }
    return Pair{std::move(*first), std::move(*second)};
}

void ContactService::add(std::string_view user,
                         std::string_view contact,
                         const Author& author,
                         Done done) {
    auto names = pair(user, contact);
    if (!names) {
        done(names.error());
        return;
    }
    side_.add_contact(names->user,
                      names->contact,
                      logged("contact.add", names->user, names->contact, author, std::move(done)));
}

void ContactService::remove(std::string_view user,
                            std::string_view contact,
                            const Author& author,
                            Done done) {
    auto names = pair(user, contact);
    if (!names) {
        done(names.error());
        return;
    }
    side_.remove_contact(
        names->user,
        names->contact,
        logged("contact.remove", names->user, names->contact, author, std::move(done)));
}

}  // namespace isthmus::control
