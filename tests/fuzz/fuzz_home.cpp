// What the home server reads of those who sign in: the bodies of Lync clients' SUBSCRIBEs and
// SERVICEs, published presence, addresses, and the lists that the database keeps. The first octet
// chooses the door. What was read must come back the same, and stay within its limits.
#include "base/arena.h"
#include "policy/sip_credentials.h"
#include "sip/pidf.h"
#include "xml/parser.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "doors.h"
#include "home/contact_list.h"
#include "home/lync_requests.h"
#include "home/presence_state.h"

namespace {

using namespace isthmus;
using fuzz::insist;

/// A setContact, and what the list and its news look like afterwards.
void fuzz_list_call(std::string_view input) {
    Arena arena;
    const auto call = home::parse_list_call(input, arena);
    if (!call) {
        return;
    }
    home::ContactList before;
    const auto group = before.add_group("Verona");
    before.set_contact({.address = "romeo@fabrikam.example", .name = "R", .groups = {*group}});
    home::ContactList after = before;
    if (const auto address = home::contact_address(call->uri)) {
        after.set_contact(
            {.address = *address, .name = std::string(call->display_name), .groups = {}});
    }
    after.add_group(call->group_name);
    insist(home::ContactList::load(after.save()) == after);
    Arena other;
    insist(xml::parse_document(after.to_delta(before), other, {}).has_value());
    insist(xml::parse_document(after.to_roaming_contacts(), other, {}).has_value());
}

void fuzz_saved_list(std::string_view input) {
    const home::ContactList list = home::ContactList::load(input);
    insist(list.contacts().size() <= home::ContactList::kMaxContacts);
    insist(list.groups().size() <= home::ContactList::kMaxGroups);
    insist(home::ContactList::load(list.save()) == list);
    (void)list.to_roaming_contacts();
}

void fuzz_presence(std::string_view input) {
    Arena arena;
    const auto state = home::state_of_pidf(input, arena);
    if (!state) {
        return;
    }
    Arena other;
    const std::string pidf = home::to_pidf("alice@contoso.example", *state);
    const auto again = home::state_of_pidf(pidf, other);
    insist(again && again->is_online() == state->is_online());
    insist(xml::parse_document(
               home::to_categories("alice@contoso.example", "A", *state, "2026-01-01T00:00:00Z"),
               other,
               {})
               .has_value());
}

void fuzz_bodies(std::string_view input) {
    Arena arena;
    if (const auto all = home::parse_batch(input, arena)) {
        for (const std::string& address : *all) {
            insist(home::contact_address(address) == address);
        }
    }
    (void)home::parse_publish(input, arena);
    (void)home::parse_acknowledged(input, arena);
    (void)home::parse_memberships(input, arena);
}

void fuzz_small(std::string_view input) {
    if (const auto address = home::contact_address(input)) {
        insist(home::contact_address(*address) == *address);
    }
    if (const auto kept = policy::SipCredentials::load(input)) {
        insist(policy::SipCredentials::load(kept->save()) == kept);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static constexpr fuzz::Door kDoors[] = {
        fuzz_list_call, fuzz_saved_list, fuzz_presence, fuzz_bodies, fuzz_small};
    return fuzz::enter(kDoors, data, size);
}
