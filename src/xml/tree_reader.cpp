#include "xml/tree_reader.h"

#include "xml/chars.h"

#include <cstring>

namespace isthmus::xml {

namespace {

constexpr std::string_view kXmlnsNamespace = "http://www.w3.org/2000/xmlns/";

std::uint64_t name_bit(std::string_view local) {
    const auto octet = [](char c) { return std::size_t{static_cast<unsigned char>(c)}; };
    const std::size_t hash = local.size() * 13 + octet(local.front()) * 7 + octet(local.back());
    return std::uint64_t{1} << (hash & 63U);
}

}  // namespace

void TreeReader::begin(const char* from, const char* end) {
    at_ = from;
    end_ = end;
    open_.clear();
    bindings_.resize(inherited_bindings_);
    default_ = inherited_default_;
    root_ = nullptr;
    nodes_ = 0;
    fault_ = Fault::None;
    detail_ = {};
}

Progress TreeReader::progress(bool is_done) const {
    return is_done                 ? Progress::Complete
           : fault_ == Fault::None ? Progress::Incomplete
                                   : Progress::Failed;
}

bool TreeReader::fail(Fault fault, std::string_view detail) {
    fault_ = fault;
    detail_ = detail;
    return false;
}

Progress TreeReader::read_element(const char* from, const char* end) {
    begin(from, end);
    return progress(read_tree());
}

Progress TreeReader::read_start_tag(const char* from, const char* end) {
    begin(from, end);
    StartTag tag;
    ++at_;
    if (!read_start(tag)) {
        return progress(false);
    }
    root_ = tag.element;
    root_name_ = tag.name.whole;
    root_is_empty_ = tag.is_empty;
    return Progress::Complete;
}

Progress TreeReader::skip_misc(const char* from, const char* end) {
    begin(from, end);
    for (;;) {
        skip_blanks();
        if (end_ - at_ < 2 || *at_ != '<' || (at_[1] != '!' && at_[1] != '?')) {
            return Progress::Complete;
        }
        if (std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with("<![")) {
            return progress(fail("CDATA outside of the root element"));
        }
        if (!read_markup()) {
            return progress(false);
        }
    }
}

void TreeReader::inherit_from_root(Arena& keep) {
    for (Binding& binding : bindings_) {
        binding = {keep.copy(binding.prefix), keep.copy(binding.uri)};
    }
    inherited_bindings_ = bindings_.size();
    inherited_default_ = keep.copy(default_);
}

void TreeReader::forget_root() {
    inherited_bindings_ = 0;
    inherited_default_ = {};
}

bool TreeReader::read_tree() {
    do {
        if (!read_content()) {
            return false;
        }
    } while (!open_.empty());
    return true;
}

// At a '<': a start tag, or the end tag of the innermost element, and the text behind it.
bool TreeReader::read_content() {
    if (end_ - at_ < 2) {
        return false;
    }
    if (at_[1] == '/') {
        return read_end_tag() && (open_.empty() || read_text());
    }
    if (open_.size() >= static_cast<std::size_t>(limits_.max_depth)) {
        return fail(Fault::TooLarge, "elements are nested too deeply");
    }
    ++at_;
    StartTag tag;
    if (!read_start(tag) || !count_node()) {
        return false;
    }
    if (open_.empty()) {
        root_ = tag.element;
    } else {
        *open_.back().tail = tag.element;
        open_.back().tail = &tag.element->next;
    }
    if (tag.is_empty) {
        bindings_.resize(tag.bindings);
        default_ = tag.outer_default;
        return open_.empty() || read_text();
    }
    open_.push_back(
        {tag.element, &tag.element->first_child, tag.name.whole, tag.bindings, tag.outer_default});
    return read_text();
}

bool TreeReader::read_end_tag() {
    if (open_.empty()) {
        return fail("end tag without a start tag");
    }
    const Open& innermost = open_.back();
    const std::string_view name = innermost.name;
    if (static_cast<std::size_t>(end_ - at_) < name.size() + 3) {
        return false;
    }
    if (std::memcmp(at_ + 2, name.data(), name.size()) != 0) {
        return fail("end tag does not match the start tag");
    }
    at_ += 2 + name.size();
    skip_blanks();
    if (at_ == end_) {
        return false;
    }
    if (*at_ != '>') {
        return fail("end tag does not match the start tag");
    }
    ++at_;
    bindings_.resize(innermost.bindings);
    default_ = innermost.outer_default;
    open_.pop_back();
    return true;
}

// Behind the '<'.
bool TreeReader::read_start(StartTag& tag) {
    tag.bindings = bindings_.size();
    tag.outer_default = default_;
    if (!read_name(tag.name)) {
        return false;
    }
    tag.element = arena_.make<Element>();
    tag.element->name = tag.name.local;
    tag.tail = &tag.element->attributes;
    for (;;) {
        const bool has_blank = skip_blanks();
        if (at_ == end_) {
            return false;
        }
        if (*at_ == '>') {
            ++at_;
            return resolve(tag);
        }
        if (*at_ == '/') {
            if (end_ - at_ < 2) {
                return false;
            }
            if (at_[1] != '>') {
                return fail("'/' inside a tag");
            }
            at_ += 2;
            tag.is_empty = true;
            return resolve(tag);
        }
        if (!has_blank) {
            return fail("no white space before an attribute");
        }
        if (!read_attribute(tag)) {
            return false;
        }
    }
}

bool TreeReader::read_attribute(StartTag& tag) {
    QName name;
    if (!read_name(name)) {
        return false;
    }
    skip_blanks();
    if (at_ == end_) {
        return false;
    }
    if (*at_ != '=') {
        return fail("attribute without '='");
    }
    ++at_;
    skip_blanks();
    std::string_view value;
    if (!read_value(value)) {
        return false;
    }
    const bool is_declaration =
        name.prefix.empty() ? name.local == "xmlns" : name.prefix == "xmlns";
    return is_declaration ? declare(tag, name, value) : add_attribute(tag, name, value);
}

bool TreeReader::add_attribute(StartTag& tag, const QName& name, std::string_view value) {
    if (++tag.attributes > limits_.max_attributes) {
        return fail(Fault::TooLarge, "too many attributes");
    }
    const std::uint64_t bit = name_bit(name.local);
    if ((tag.seen & bit) != 0) {
        // Until resolve() `ns` holds the prefix.
        for (const Attribute* other = tag.element->attributes; other != nullptr;
             other = other->next) {
            if (other->name == name.local && other->ns == name.prefix) {
                return fail("duplicate attribute");
            }
        }
    }
    tag.seen |= bit;
    tag.prefixed += name.prefix.empty() ? 0 : 1;
    auto* attribute = arena_.make<Attribute>(name.local, name.prefix, value, nullptr);
    *tag.tail = attribute;
    tag.tail = &attribute->next;
    return true;
}

// Namespaces in XML 1.0 §3 and §5.
bool TreeReader::declare(StartTag& tag, const QName& name, std::string_view uri) {
    if (name.prefix.empty()) {
        if (tag.has_default) {
            return fail("duplicate attribute");
        }
        if (uri == kXmlNamespace || uri == kXmlnsNamespace) {
            return fail("reserved namespace as the default");
        }
        tag.has_default = true;
        default_ = uri;
        return true;
    }
    if (name.local == "xml" && uri == kXmlNamespace) {
        return true;
    }
    if (name.local == "xml" || name.local == "xmlns" || uri == kXmlNamespace ||
        uri == kXmlnsNamespace) {
        return fail("reserved prefix or namespace rebound");
    }
    if (uri.empty()) {
        return fail("prefix undeclared");
    }
    if (bindings_.size() - inherited_bindings_ >=
        static_cast<std::size_t>(limits_.max_namespace_declarations)) {
        return fail(Fault::TooLarge, "too many namespace declarations");
    }
    for (std::size_t i = tag.bindings; i < bindings_.size(); ++i) {
        if (bindings_[i].prefix == name.local) {
            return fail("duplicate attribute");
        }
    }
    bindings_.push_back({name.local, uri});
    return true;
}

bool TreeReader::resolve(StartTag& tag) {
    if (tag.name.prefix.empty()) {
        tag.element->ns = default_;
    } else if (!resolve_prefix(tag.name.prefix, tag.element->ns)) {
        return false;
    }
    return tag.prefixed == 0 || resolve_attributes(tag);
}

bool TreeReader::resolve_attributes(StartTag& tag) {
    // The list was built here and belongs to nobody else yet.
    for (const Attribute* i = tag.element->attributes; i != nullptr; i = i->next) {
        auto* attribute = const_cast<Attribute*>(i);
        if (!attribute->ns.empty() && !resolve_prefix(attribute->ns, attribute->ns)) {
            return false;
        }
    }
    if (tag.prefixed < 2) {
        return true;
    }
    // Namespaces in XML 1.0 §6.3: equal after expansion is a duplicate too.
    for (const Attribute* a = tag.element->attributes; a != nullptr; a = a->next) {
        for (const Attribute* b = a->ns.empty() ? nullptr : a->next; b != nullptr; b = b->next) {
            if (a->name == b->name && a->ns == b->ns) {
                return fail("duplicate attribute");
            }
        }
    }
    return true;
}

bool TreeReader::resolve_prefix(std::string_view prefix, std::string_view& uri) {
    for (std::size_t i = bindings_.size(); i-- > 0;) {
        if (bindings_[i].prefix == prefix) {
            uri = bindings_[i].uri;
            return true;
        }
    }
    if (prefix == "xml") {
        uri = kXmlNamespace;
        return true;
    }
    return fail(Fault::BadNamespacePrefix, "undeclared prefix");
}

bool TreeReader::read_name(QName& name) {
    const char* const from = at_;
    const char* local = at_;
    for (; at_ != end_; ++at_) {
        const NameClass c = name_class(*at_);
        if (c == NameClass::Start || (c == NameClass::Part && at_ != local)) {
            continue;
        }
        if (c == NameClass::Colon && local == from && at_ != from) {
            local = at_ + 1;
            continue;
        }
        if (c != NameClass::Wide) {
            break;
        }
        if (!read_wide_name_part(at_ == local)) {
            return false;
        }
        --at_;
    }
    if (at_ == end_) {
        return false;
    }
    if (at_ == local || name_class(*at_) != NameClass::None) {
        return fail("not a name");
    }
    name.whole = {from, static_cast<std::size_t>(at_ - from)};
    name.local = {local, static_cast<std::size_t>(at_ - local)};
    name.prefix = local == from
                      ? std::string_view()
                      : std::string_view(from, static_cast<std::size_t>(local - from - 1));
    return true;
}

bool TreeReader::read_wide_name_part(bool is_first) {
    const Decoded c = decode(at_, end_);
    if (c.is_cut) {
        return false;
    }
    const bool is_good =
        is_first ? is_wide_name_start(c.code_point) : is_wide_name_part(c.code_point);
    if (c.length == 0 || !is_good) {
        return fail("not a name");
    }
    at_ += c.length;
    return true;
}

bool TreeReader::skip_blanks() {
    const char* const from = at_;
    while (at_ != end_ && is_blank(*at_)) {
        ++at_;
    }
    return at_ != from;
}

bool TreeReader::add_text(std::string_view text) {
    if (!count_node()) {
        return false;
    }
    auto* node = arena_.make<Element>();
    node->text = text;
    Open& parent = open_.back();
    if (parent.element->text.empty()) {
        parent.element->text = text;
    }
    *parent.tail = node;
    parent.tail = &node->next;
    return true;
}

bool TreeReader::count_node() {
    return ++nodes_ <= limits_.max_children || fail(Fault::TooLarge, "too many nodes");
}

}  // namespace isthmus::xml
