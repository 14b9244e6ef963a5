#include "home/lync_requests.h"

#include "base/text.h"
#include "xml/parser.h"

#include <utility>

#include "home/contact_list.h"
#include "home/presence_state.h"

namespace isthmus::home {

namespace {

constexpr xml::Limits kLimits{
    .max_element_octets = 262144, .max_depth = 24, .max_attributes = 32, .max_children = 8192};
constexpr std::size_t kMaxMembers = 1000;
constexpr std::string_view kBlocked = "32000";

const xml::Element* parse(std::string_view body, Arena& arena) {
    const auto parsed = xml::parse_document(body, arena, kLimits);
    return parsed ? *parsed : nullptr;
}

/// Whatever its namespace: clients do not agree on prefixes, and names here are unique.
const xml::Element* child(const xml::Element& of, std::string_view name) {
    for (const xml::Element* one = of.first_element(); one != nullptr; one = one->next_element()) {
        if (one->name == name) {
            return one;
        }
    }
    return nullptr;
}

std::string_view text_of(const xml::Element& of, std::string_view name, Arena& arena) {
    const xml::Element* one = child(of, name);
    return one == nullptr ? std::string_view() : text::trim(one->all_text(arena));
}

template <class Visit>
void each(const xml::Element& of, std::string_view name, Visit visit) {
    for (const xml::Element* one = of.first_element(); one != nullptr; one = one->next_element()) {
        if (one->name == name) {
            visit(*one);
        }
    }
}

void read_publication(const xml::Element& publication, Published& into, Arena& arena) {
    const auto category = publication.attribute("categoryName").value_or("");
    const bool is_gone = publication.attribute("expires").value_or("") == "0";
    if (category == "state" && !is_gone) {
        const xml::Element* state = child(publication, "state");
        const auto value = state == nullptr
                               ? std::nullopt
                               : availability_of(text_of(*state, "availability", arena));
        if (!value) {
            return;
        }
        std::string_view type;
        for (const xml::Attribute* one = state->attributes; one != nullptr; one = one->next) {
            if (one->name == "type") {
                type = one->value;
            }
        }
        (type.ends_with("userState") ? into.user_state : into.machine_state) = value;
    } else if (category == "note") {
        const xml::Element* note = child(publication, "note");
        const std::string_view said =
            note == nullptr || is_gone ? std::string_view() : text_of(*note, "body", arena);
        into.note = std::string(said.substr(0, 1024));
    }
}

}  // namespace

std::optional<std::vector<std::string>> parse_batch(std::string_view body, Arena& arena) {
    const xml::Element* root = parse(body, arena);
    if (root == nullptr || root->name != "batchSub") {
        return std::nullopt;
    }
    std::vector<std::string> made;
    each(*root, "action", [&](const xml::Element& action) {
        const xml::Element* list = child(action, "adhocList");
        if (list == nullptr || action.attribute("name").value_or("subscribe") != "subscribe") {
            return;
        }
        each(*list, "resource", [&](const xml::Element& resource) {
            auto address = contact_address(resource.attribute("uri").value_or(""));
            if (address && made.size() < ContactList::kMaxContacts) {
                made.push_back(*std::move(address));
            }
        });
    });
    return made;
}

std::optional<ListCall> parse_list_call(std::string_view body, Arena& arena) {
    const xml::Element* root = parse(body, arena);
    const xml::Element* inner = root == nullptr ? nullptr : child(*root, "Body");
    const xml::Element* call = inner == nullptr ? nullptr : inner->first_element();
    if (call == nullptr) {
        return std::nullopt;
    }
    const bool is_group = call->name == "addGroup" || call->name == "modifyGroup";
    return ListCall{.name = call->name,
                    .ns = call->ns,
                    .uri = text_of(*call, "URI", arena),
                    .display_name = text_of(*call, "displayName", arena),
                    .groups = text_of(*call, "groups", arena),
                    .group_name = is_group ? text_of(*call, "name", arena) : std::string_view(),
                    .group_id = text_of(*call, "groupID", arena),
                    .is_subscribed = text_of(*call, "subscribed", arena) != "false"};
}

std::optional<Published> parse_publish(std::string_view body, Arena& arena) {
    const xml::Element* root = parse(body, arena);
    if (root == nullptr || root->name != "publish") {
        return std::nullopt;
    }
    Published made;
    each(*root, "publications", [&](const xml::Element& list) {
        each(list, "publication", [&](const xml::Element& publication) {
            read_publication(publication, made, arena);
        });
    });
    return made;
}

std::optional<std::vector<std::string>> parse_acknowledged(std::string_view body, Arena& arena) {
    const xml::Element* root = parse(body, arena);
    if (root == nullptr || root->name != "setSubscribers") {
        return std::nullopt;
    }
    std::vector<std::string> made;
    each(*root, "subscriber", [&](const xml::Element& subscriber) {
        auto address = contact_address(subscriber.attribute("user").value_or(""));
        if (address && subscriber.attribute("acknowledged").value_or("") == "true" &&
            made.size() < kMaxMembers) {
            made.push_back(*std::move(address));
        }
    });
    return made;
}

std::optional<std::vector<Membership>> parse_memberships(std::string_view body, Arena& arena) {
    const xml::Element* root = parse(body, arena);
    if (root == nullptr || root->name != "setContainerMembers") {
        return std::nullopt;
    }
    std::vector<Membership> made;
    each(*root, "container", [&](const xml::Element& container) {
        const bool is_blocked = container.attribute("id").value_or("") == kBlocked;
        each(container, "member", [&](const xml::Element& member) {
            auto address = contact_address(member.attribute("value").value_or(""));
            if (address && member.attribute("type").value_or("") == "user" &&
                made.size() < kMaxMembers) {
                made.push_back({.address = *std::move(address),
                                .is_blocked = is_blocked,
                                .is_added = member.attribute("action").value_or("") == "add"});
            }
        });
    });
    return made;
}

}  // namespace isthmus::home
