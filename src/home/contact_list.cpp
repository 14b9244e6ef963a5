#include "home/contact_list.h"

#include "base/buffer.h"
#include "base/text.h"
#include "xml/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isthmus::home {

namespace {

constexpr std::size_t kMaxAddress = 1024;

/// The next part of a line; fields are separated by tabs, which no part holds.
std::string_view take(std::string_view& line) {
    const std::size_t tab = line.find('\t');
    const std::string_view part = line.substr(0, tab);
    line = tab == std::string_view::npos ? std::string_view() : line.substr(tab + 1);
    return part;
}

std::uint32_t number(std::string_view text) {
    const auto value = text::to_number(text);
    return value && *value <= UINT32_MAX ? static_cast<std::uint32_t>(*value) : 0;
}

std::string joined(const std::vector<std::uint32_t>& groups) {
    std::string made;
    for (const std::uint32_t group : groups) {
        // COMPAT(SIPE 1.25, 2026-11): a trailing blank puts the contact in the first group too.
        made.append(made.empty() ? "" : " ").append(std::to_string(group));
    }
    return made;
}

std::vector<std::uint32_t> parse_groups(std::string_view text) {
    std::vector<std::uint32_t> made;
    while (!text.empty()) {
        const std::size_t blank = text.find(' ');
        if (const std::uint32_t id = number(text.substr(0, blank)); id != 0) {
            made.push_back(id);
        }
        text = blank == std::string_view::npos ? std::string_view() : text.substr(blank + 1);
    }
    return made;
}

bool contains(const std::vector<std::string>& sorted, std::string_view one) {
    return std::ranges::binary_search(sorted, one);
}

void insert(std::vector<std::string>& sorted, std::string_view one) {
    const auto place = std::ranges::lower_bound(sorted, one);
    if (place == sorted.end() || *place != one) {
        sorted.emplace(place, one);
    }
}

void write_contact(xml::Writer& writer, const char* name, std::string_view uri, const Contact& it) {
    writer.open(name)
        .attribute("uri", uri)
        .attribute("name", it.name)
        .attribute("groups", joined(it.groups))
        .attribute("subscribed", it.is_subscribed ? "true" : "false")
        .attribute("externalURI", "")
        .close(name);
}

}  // namespace

std::optional<std::string> contact_address(std::string_view uri) {
    if (const std::size_t bracket = uri.rfind('<'); bracket != std::string_view::npos) {
        uri = uri.substr(bracket + 1);
        uri = uri.substr(0, uri.find('>'));
    }
    uri = text::trim(uri);
    for (const std::string_view scheme : {"sip:", "sips:", "im:", "pres:"}) {
        if (text::istarts_with(uri, scheme)) {
            uri.remove_prefix(scheme.size());
            break;
        }
    }
    uri = uri.substr(0, uri.find_first_of(";?"));
    const std::size_t at = uri.find('@');
    const bool is_clean = std::ranges::none_of(uri, [](char c) {
        const auto octet = static_cast<unsigned char>(c);
        return octet <= ' ' || octet == 0x7F || c == '<' || c == '>' || c == '"';
    });
    // A colon before the host begins a password (RFC 3261 §25.1): nobody's address here.
    if (at == 0 || at == std::string_view::npos || at + 1 == uri.size() || !is_clean ||
        uri.find('@', at + 1) != std::string_view::npos || uri.find(':') < at ||
        uri.size() > kMaxAddress || !text::is_utf8(uri)) {
        return std::nullopt;
    }
    return text::to_lower(uri);
}

ContactList::ContactList() : groups_{{kOthers, "~"}} {}

/// Neither controls, which XML and our lines do not take, nor too long.
std::string ContactList::clean(std::string_view name) {
    if (!text::is_utf8(name)) {
        return {};
    }
    if (name.size() > kMaxName) {
        std::size_t end = kMaxName;
        while (end != 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) {
            --end;
        }
        name = name.substr(0, end);
    }
    std::string made(name);
    std::ranges::replace_if(
        made, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; }, ' ');
    return std::string(text::trim(made));
}

ContactList ContactList::load(std::string_view saved) {
    ContactList made;
    while (!saved.empty()) {
        const std::size_t end = saved.find('\n');
        std::string_view line = saved.substr(0, end);
        saved = end == std::string_view::npos ? std::string_view() : saved.substr(end + 1);
        const std::string_view kind = take(line);
        if (kind == "delta") {
            made.delta_ = std::max(1U, number(take(line)));
        } else if (kind == "next-group") {
            made.next_group_ = std::max(kOthers + 1, number(take(line)));
        } else if (kind == "group") {
            const std::uint32_t id = number(take(line));
            if (id > kOthers && made.groups_.size() < kMaxGroups) {
                made.groups_.push_back({id, clean(take(line))});
            }
        } else if (kind == "contact") {
            Contact contact;
            contact.address = take(line);
            contact.groups = parse_groups(take(line));
            contact.is_subscribed = take(line) == "1";
            contact.name = clean(take(line));
            const std::uint32_t delta = made.delta_;
            if (contact_address(contact.address)) {
                made.set_contact(std::move(contact));
            }
            made.delta_ = delta;
        } else if (kind == "allow") {
            made.allow(take(line));
        } else if (kind == "block") {
            made.block(take(line));
        }
    }
    return made;
}

std::string ContactList::save() const {
    std::string made = fmt::format("delta\t{}\nnext-group\t{}\n", delta_, next_group_);
    for (const Group& group : groups_) {
        if (group.id != kOthers) {
            made += fmt::format("group\t{}\t{}\n", group.id, group.name);
        }
    }
    for (const Contact& contact : contacts_) {
        made += fmt::format("contact\t{}\t{}\t{}\t{}\n",
                            contact.address,
                            joined(contact.groups),
                            contact.is_subscribed ? 1 : 0,
                            contact.name);
    }
    for (const std::string& address : allowed_) {
        made += fmt::format("allow\t{}\n", address);
    }
    for (const std::string& address : blocked_) {
        made += fmt::format("block\t{}\n", address);
    }
    return made;
}

const Contact* ContactList::find(std::string_view address) const {
    const auto found = std::ranges::find(contacts_, address, &Contact::address);
    return found == contacts_.end() ? nullptr : &*found;
}

bool ContactList::set_contact(Contact contact) {
    contact.name = clean(contact.name);
    std::erase_if(contact.groups, [this](std::uint32_t id) {
        return std::ranges::find(groups_, id, &Group::id) == groups_.end();
    });
    std::ranges::sort(contact.groups);
    contact.groups.erase(std::ranges::unique(contact.groups).begin(), contact.groups.end());
    if (contact.groups.empty()) {
        contact.groups = {kOthers};
    }
    const auto found = std::ranges::find(contacts_, contact.address, &Contact::address);
    if (found != contacts_.end()) {
        *found = std::move(contact);
    } else if (contacts_.size() >= kMaxContacts) {
        return false;
    } else {
        contacts_.push_back(std::move(contact));
    }
    ++delta_;
    return true;
}

bool ContactList::erase_contact(std::string_view address) {
    const bool is_there = std::erase_if(contacts_, [address](const Contact& one) {
                              return one.address == address;
                          }) != 0;
    delta_ += is_there ? 1 : 0;
    return is_there;
}

std::optional<std::uint32_t> ContactList::add_group(std::string_view name) {
    const std::string wanted = clean(name);
    const auto found = std::ranges::find(groups_, wanted, &Group::name);
    if (found != groups_.end()) {
        return found->id;
    }
    if (groups_.size() >= kMaxGroups || wanted.empty()) {
        return std::nullopt;
    }
    groups_.push_back({next_group_++, wanted});
    ++delta_;
    return groups_.back().id;
}

bool ContactList::rename_group(std::uint32_t id, std::string_view name) {
    const auto found = std::ranges::find(groups_, id, &Group::id);
    const std::string wanted = clean(name);
    if (found == groups_.end() || id == kOthers || wanted.empty()) {
        return false;
    }
    found->name = wanted;
    ++delta_;
    return true;
}

bool ContactList::erase_group(std::uint32_t id) {
    if (id == kOthers || std::erase_if(groups_, [id](const Group& g) { return g.id == id; }) == 0) {
        return false;
    }
    for (Contact& contact : contacts_) {
        std::erase(contact.groups, id);
        if (contact.groups.empty()) {
            contact.groups = {kOthers};
        }
    }
    ++delta_;
    return true;
}

bool ContactList::is_allowed(std::string_view address) const {
    return contains(allowed_, address);
}

bool ContactList::is_blocked(std::string_view address) const {
    return contains(blocked_, address);
}

bool ContactList::allow(std::string_view address) {
    if (is_allowed(address)) {
        return true;
    }
    forget(address);
    if (allowed_.size() + blocked_.size() >= kMaxWatchers) {
        return false;
    }
    insert(allowed_, address);
    return true;
}

bool ContactList::block(std::string_view address) {
    if (is_blocked(address)) {
        return true;
    }
    forget(address);
    if (allowed_.size() + blocked_.size() >= kMaxWatchers) {
        return false;
    }
    insert(blocked_, address);
    return true;
}

bool ContactList::forget(std::string_view address) {
    return std::erase(allowed_, address) + std::erase(blocked_, address) != 0;
}

std::string ContactList::to_roaming_contacts() const {
    Buffer out;
    xml::Writer writer(out);
    writer.open("contactList").attribute("deltaNum", std::to_string(delta_));
    for (const Group& group : groups_) {
        writer.open("group")
            .attribute("id", std::to_string(group.id))
            .attribute("name", group.name)
            .attribute("externalURI", "")
            .close("group");
    }
    for (const Contact& contact : contacts_) {
        write_contact(writer, "contact", contact.address, contact);
    }
    writer.close("contactList");
    return std::string(out.view());
}

std::string ContactList::to_delta(const ContactList& before) const {
    Buffer out;
    xml::Writer writer(out);
    writer.open("contactDelta")
        .attribute("deltaNum", std::to_string(delta_))
        .attribute("prevDeltaNum", std::to_string(before.delta_));
    const auto write_group = [&](const char* name, const Group& group) {
        writer.open(name)
            .attribute("id", std::to_string(group.id))
            .attribute("name", group.name)
            .attribute("externalURI", "")
            .close(name);
    };
    for (const Group& group : groups_) {
        const auto known = std::ranges::find(before.groups_, group.id, &Group::id);
        if (known == before.groups_.end()) {
            write_group("addedGroup", group);
        } else if (*known != group) {
            write_group("modifiedGroup", group);
        }
    }
    // COMPAT(SIPE 1.25, 2026-11): here the URI has its scheme.
    const auto uri = [](const Contact& contact) { return fmt::format("sip:{}", contact.address); };
    // Both in the order in which they were added, so that one walk tells them apart.
    const auto write_deleted = [&](const Contact& contact) {
        writer.open("deletedContact").attribute("uri", uri(contact)).close("deletedContact");
    };
    auto old = before.contacts_.begin();
    for (const Contact& contact : contacts_) {
        while (old != before.contacts_.end() && old->address != contact.address) {
            write_deleted(*old++);
        }
        if (old == before.contacts_.end()) {
            write_contact(writer, "addedContact", uri(contact), contact);
        } else if (*old++ != contact) {
            write_contact(writer, "modifiedContact", uri(contact), contact);
        }
    }
    std::for_each(old, before.contacts_.end(), write_deleted);
    for (const Group& group : before.groups_) {
        if (std::ranges::find(groups_, group.id, &Group::id) == groups_.end()) {
            writer.open("deletedGroup")
                .attribute("id", std::to_string(group.id))
                .close("deletedGroup");
        }
    }
    writer.close("contactDelta");
    return std::string(out.view());
}

}  // namespace isthmus::home
