#include "xmpp/dialback.h"

#include "base/digest.h"
#include "base/text.h"
#include "xml/writer.h"
#include "xmpp/jid.h"

namespace isthmus::xmpp::dialback {

namespace {

std::string_view prepared(const xml::Element& element, std::string_view name, Arena& arena) {
    auto value = element.attribute(name);
    if (!value) {
        return {};
    }
    auto domain = prepare_domain(*value, arena);
    return domain ? *domain : std::string_view{};
}

std::string_view type_of(Verdict verdict) {
    return verdict == Verdict::Valid ? "valid" : "invalid";
}

std::string_view tag_of(const Element& question) {
    return question.is_verify ? "db:verify" : "db:result";
}

void open_answer(xml::Writer& writer, const Element& question) {
    writer.open(tag_of(question));
    writer.attribute("from", question.to).attribute("to", question.from);
    writer.optional_attribute("id", question.is_verify ? question.id : "");
}

}  // namespace

std::string make_key(std::string_view secret,
                     std::string_view receiving_server,
                     std::string_view originating_server,
                     std::string_view stream_id) {
    std::string text;
    text.reserve(receiving_server.size() + originating_server.size() + stream_id.size() + 2);
    text.append(receiving_server).append(1, ' ');
    text.append(originating_server).append(1, ' ');
    text.append(stream_id);
    return digest::hmac_sha256_hex(digest::sha256_hex(secret), text);
}

bool is_our_key(std::string_view key,
                std::string_view secret,
                std::string_view receiving_server,
                std::string_view originating_server,
                std::string_view stream_id) {
    return digest::equal_constant_time(
        key, make_key(secret, receiving_server, originating_server, stream_id));
}

std::optional<Element> Element::read(const xml::Element& element, Arena& arena) {
    if (!element.is("result", ns::kDialback) && !element.is("verify", ns::kDialback)) {
        return std::nullopt;
    }
    Element found;
    found.is_verify = element.name == "verify";
    found.from = prepared(element, "from", arena);
    found.to = prepared(element, "to", arena);
    found.id = element.attribute("id").value_or("");
    found.type = element.attribute("type").value_or("");
    found.key = text::trim(element.all_text(arena));
    if (found.type == "error") {
        const auto* error = element.child("error", element.ns);
        // Some servers leave <error/> in the stream's own namespace.
        error = error != nullptr ? error : element.child("error", ns::kServer);
        found.condition = error != nullptr ? first_condition(*error, ns::kStanzaErrors) : "";
    }
    return found;
}

Verdict Element::verdict() const {
    return type == "valid"     ? Verdict::Valid
           : type == "invalid" ? Verdict::Invalid
                               : Verdict::Unknown;
}

void write_result(Buffer& to,
                  std::string_view from,
                  std::string_view domain,
                  std::string_view key) {
    xml::Writer writer(to);
    writer.open("db:result").attribute("from", from).attribute("to", domain);
    writer.text(key).close("db:result");
}

void write_verify(Buffer& to,
                  std::string_view from,
                  std::string_view domain,
                  std::string_view id,
                  std::string_view key) {
    xml::Writer writer(to);
    writer.open("db:verify").attribute("from", from).attribute("to", domain);
    writer.attribute("id", id).text(key).close("db:verify");
}

void write_verdict(Buffer& to, const Element& question, Verdict verdict) {
    xml::Writer writer(to);
    open_answer(writer, question);
    writer.attribute("type", type_of(verdict)).close(tag_of(question));
}

void write_error(Buffer& to, const Element& question, Condition condition) {
    xml::Writer writer(to);
    open_answer(writer, question);
    writer.attribute("type", "error");
    StanzaError::of(condition).write(writer);
    writer.close(tag_of(question));
}

}  // namespace isthmus::xmpp::dialback
