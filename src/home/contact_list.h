// What one user keeps here: contacts in groups, who may see him, whom he blocks. A value with two
// texts: one for the database, one for Lync clients ([MS-PRES], roaming contacts). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::home {

/// An address as contact lists have it: "romeo@fabrikam.example", without scheme and parameters,
/// letters of ASCII in lower case, of a URI or a whole From. Nothing if it is none, or too long.
std::optional<std::string> contact_address(std::string_view uri);

struct Group {
    std::uint32_t id = 0;
    std::string name;

    bool operator==(const Group&) const = default;
};

struct Contact {
    std::string address;
    std::string name;  ///< empty: as he calls himself
    std::vector<std::uint32_t> groups;
    bool is_subscribed = true;

    bool operator==(const Contact&) const = default;
};

class ContactList {
  public:
    static constexpr std::size_t kMaxContacts = 1000;
    static constexpr std::size_t kMaxGroups = 64;
    static constexpr std::size_t kMaxWatchers = 4000;  ///< allowed and blocked, together
    static constexpr std::size_t kMaxName = 256;       ///< octets
    static constexpr std::uint32_t kOthers = 1;        ///< the group that is always there

    /// One group, "~", which clients show as that of all others.
    ContactList();

    /// Takes what it understands: a text of another version must not lock a user out.
    static ContactList load(std::string_view saved);
    std::string save() const;

    const std::vector<Group>& groups() const { return groups_; }

    const std::vector<Contact>& contacts() const { return contacts_; }

    const Contact* find(std::string_view address) const;

    /// False: a limit is reached. Unknown groups are left out; with none it is in kOthers.
    bool set_contact(Contact contact);
    bool erase_contact(std::string_view address);
    /// Its id; that of the group which has the name already; nothing: a limit is reached.
    std::optional<std::uint32_t> add_group(std::string_view name);
    bool rename_group(std::uint32_t id, std::string_view name);
    /// Its contacts stay; those in no other group come to kOthers, which cannot be erased.
    bool erase_group(std::uint32_t id);

    // Who may see him. Neither: nobody has asked yet.
    bool is_allowed(std::string_view address) const;
    bool is_blocked(std::string_view address) const;
    /// False: a limit is reached.
    bool allow(std::string_view address);
    bool block(std::string_view address);
    bool forget(std::string_view address);

    const std::vector<std::string>& blocked() const { return blocked_; }

    /// Rises with each change that Lync clients count.
    std::uint32_t delta() const { return delta_; }

    /// application/vnd-microsoft-roaming-contacts+xml
    std::string to_roaming_contacts() const;
    /// The same, as news for devices that have the list as it was `before`.
    std::string to_delta(const ContactList& before) const;

    bool operator==(const ContactList&) const = default;

  private:
    static std::string clean(std::string_view name);

    std::vector<Group> groups_;
    std::vector<Contact> contacts_;
    std::vector<std::string> allowed_;
    std::vector<std::string> blocked_;
    std::uint32_t next_group_ = kOthers + 1;
    std::uint32_t delta_ = 1;
};

}  // namespace isthmus::home
