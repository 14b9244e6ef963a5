#include "xmpp/stream_management.h"

#include "base/text.h"
#include "xml/writer.h"
#include "xmpp/stream.h"

#include <array>
#include <utility>

namespace isthmus::xmpp::management {

namespace {

constexpr std::size_t kMaxId = 4000;  // XEP-0198 §3
constexpr std::uint64_t kMaxH = 0xffffffffU;
constexpr std::uint64_t kMaxSeconds = 24UL * 3600;

constexpr std::array<std::pair<std::string_view, What>, 7> kNames = {{
    {"enable", What::Enable},
    {"enabled", What::Enabled},
    {"resume", What::Resume},
    {"resumed", What::Resumed},
    {"failed", What::Failed},
    {"r", What::Request},
    {"a", What::Answer},
}};

std::optional<std::uint64_t> number(const xml::Element& element,
                                    std::string_view name,
                                    std::uint64_t limit) {
    const auto text = element.attribute(name);
    const auto value = text ? text::to_number(*text) : std::nullopt;
    return value && *value <= limit ? value : std::nullopt;
}

}  // namespace

std::optional<Element> Element::read(const xml::Element& element) {
    if (element.ns != ns::kManagement) {
        return std::nullopt;
    }
    for (const auto& [name, what] : kNames) {
        if (element.name != name) {
            continue;
        }
        Element found;
        found.what = what;
        if (const auto h = number(element, "h", kMaxH)) {
            found.h = static_cast<std::uint32_t>(*h);
        }
        const std::string_view id =
            element.attribute(what == What::Enabled ? "id" : "previd").value_or("");
        found.id = id.size() <= kMaxId ? id : std::string_view();
        const std::string_view resume = element.attribute("resume").value_or("");
        found.may_resume = resume == "true" || resume == "1";
        found.max = std::chrono::seconds(number(element, "max", kMaxSeconds).value_or(0));
        return found;
    }
    return std::nullopt;
}

void write_enable(Buffer& to, bool may_resume) {
    xml::Writer writer(to);
    writer.open("enable").attribute("xmlns", ns::kManagement);
    writer.optional_attribute("resume", may_resume ? "true" : "").close("enable");
}

void write_enabled(Buffer& to) {
    xml::Writer(to).empty("enabled", ns::kManagement);
}

void write_resume(Buffer& to, std::string_view id, std::uint32_t h) {
    xml::Writer writer(to);
    writer.open("resume").attribute("xmlns", ns::kManagement);
    writer.attribute("previd", id).attribute("h", std::to_string(h)).close("resume");
}

void write_failed(Buffer& to, std::string_view condition) {
    xml::Writer writer(to);
    writer.open("failed").attribute("xmlns", ns::kManagement);
    writer.empty(condition, ns::kStanzaErrors);
    writer.close("failed");
}

void write_request(Buffer& to) {
    to.append("<r xmlns='urn:xmpp:sm:3'/>");
}

void write_answer(Buffer& to, std::uint32_t h) {
    xml::Writer writer(to);
    writer.open("a").attribute("xmlns", ns::kManagement);
    writer.attribute("h", std::to_string(h)).close("a");
}

void Handled::settle(std::uint32_t number) {
    const std::uint32_t place = number - h_ - 1;  // modulo 2^32, like the numbers
    if (place >= fates_.size()) {
        return;
    }
    fates_[place] = true;
    while (!fates_.empty() && fates_.front()) {
        fates_.pop_front();
        ++h_;
    }
}

}  // namespace isthmus::xmpp::management
