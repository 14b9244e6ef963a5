// Reads one element, or one start tag, from contiguous octets into an arena: the grammar of
// XML 1.0 and Namespaces in XML 1.0 as far as RFC 6120 §11 leaves it. Private to the room.
#pragma once

#include "base/arena.h"
#include "xml/element.h"
#include "xml/parser.h"

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace isthmus::xml {

inline constexpr std::string_view kXmlNamespace = "http://www.w3.org/XML/1998/namespace";

enum class Progress : std::uint8_t {
    Complete,
    Incomplete,  ///< good so far, but the octets end too early
    Failed,      ///< fault() says why
};

/// Views in the tree point into the input wherever nothing had to be unescaped.
class TreeReader {
  public:
    /// In documents comments and processing instructions are skipped, in streams they are faults.
    enum class Mode : std::uint8_t { Stream, Document };

    TreeReader(Arena& arena, Mode mode) : arena_(arena), mode_(mode) {}

    TreeReader(const TreeReader&) = delete;
    TreeReader& operator=(const TreeReader&) = delete;
    TreeReader(TreeReader&&) = delete;
    TreeReader& operator=(TreeReader&&) = delete;
    ~TreeReader() = default;

    void set_limits(const Limits& limits) { limits_ = limits; }

    /// Reads from `from`, which is at a '<', to the element's last octet.
    Progress read_element(const char* from, const char* end);
    /// Only the start tag; `is_empty()` tells whether it is an empty-element tag.
    Progress read_start_tag(const char* from, const char* end);
    /// Mode Document: over white space, comments and processing instructions.
    Progress skip_misc(const char* from, const char* end);

    const Element* element() const { return root_; }

    /// Behind the last octet that was read.
    const char* position() const { return at_; }

    bool is_empty() const { return root_is_empty_; }

    /// The start tag's name as it was written; after read_start_tag().
    std::string_view root_name() const { return root_name_; }

    Fault fault() const { return fault_; }

    std::string_view fault_detail() const { return detail_; }

    /// Makes the declarations of the start tag just read those that all later elements inherit;
    /// their text is copied to `keep`.
    void inherit_from_root(Arena& keep);

    std::string_view inherited_default() const { return inherited_default_; }

    /// Nothing is declared any more.
    void forget_root();

  private:
    struct Binding {
        std::string_view prefix;
        std::string_view uri;
    };

    struct Open {
        Element* element;
        const Element** tail;
        std::string_view name;  ///< as written
        std::size_t bindings;   ///< in scope outside this element
        std::string_view outer_default;
    };

    struct QName {
        std::string_view whole;
        std::string_view prefix;
        std::string_view local;
    };

    struct StartTag {
        Element* element = nullptr;
        QName name;
        std::size_t bindings = 0;
        std::string_view outer_default;
        const Attribute** tail = nullptr;
        int attributes = 0;
        int prefixed = 0;
        bool has_default = false;
        bool is_empty = false;
        std::uint64_t seen = 0;  ///< one bit per hash of attribute names
    };

    // These return false on a fault, and with fault_ None where the input ends too early.
    bool read_tree();
    bool read_start(StartTag& tag);
    bool read_attribute(StartTag& tag);
    bool read_end_tag();
    bool read_content();
    bool read_text();
    bool read_special_in_text();
    bool read_blank_or_wide();
    void begin_run();
    void flush_run();
    std::string_view end_run();
    bool read_markup();
    bool read_cdata();
    bool skip_comment();
    bool skip_instruction();
    bool read_name(QName& name);
    bool read_wide_name_part(bool is_first);
    bool read_value(std::string_view& value);
    bool read_reference();
    bool read_character_reference();
    bool skip_wide();
    bool skip_blanks();

    bool add_attribute(StartTag& tag, const QName& name, std::string_view value);
    bool declare(StartTag& tag, const QName& name, std::string_view uri);
    bool resolve(StartTag& tag);
    bool resolve_attributes(StartTag& tag);
    bool resolve_prefix(std::string_view prefix, std::string_view& uri);
    bool add_text(std::string_view text);
    bool count_node();

    void begin(const char* from, const char* end);
    Progress progress(bool is_done) const;
    bool fail(Fault fault, std::string_view detail);

    bool fail(std::string_view detail) { return fail(Fault::NotWellFormed, detail); }

    Arena& arena_;
    Mode mode_;
    Limits limits_;
    const char* at_ = nullptr;
    const char* end_ = nullptr;
    // As deep as documents usually are nothing is allocated.
    boost::container::small_vector<Open, 8> open_;
    boost::container::small_vector<Binding, 8> bindings_;
    std::size_t inherited_bindings_ = 0;
    std::string_view default_;
    std::string_view inherited_default_;
    const char* run_ = nullptr;  ///< begin of the octets that are taken as they are
    bool is_copied_ = false;     ///< what was before them is in scratch_
    std::string scratch_;        ///< text that had to be unescaped
    const Element* root_ = nullptr;
    std::string_view root_name_;
    bool root_is_empty_ = false;
    int nodes_ = 0;
    Fault fault_ = Fault::None;
    std::string_view detail_;
};

}  // namespace isthmus::xml
