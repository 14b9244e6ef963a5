#include "xmpp/iq_responder.h"

#include "xml/writer.h"
#include "xmpp/namespaces.h"
#include "xmpp/stanza.h"
#include "xmpp/stanza_error.h"

#include <array>

namespace isthmus::xmpp {

namespace {

constexpr std::string_view kDiscoInfo = "http://jabber.org/protocol/disco#info";
constexpr std::string_view kDiscoItems = "http://jabber.org/protocol/disco#items";
constexpr std::string_view kPing = "urn:xmpp:ping";
constexpr std::string_view kVersion = "jabber:iq:version";

/// Only what works: clients offer their users what they find here (gap G-42).
constexpr std::array<std::string_view, 7> kFeatures{
    kDiscoInfo, kDiscoItems, kVersion, kPing, kReceipts, kChatStates, kMarkers};

/// One IQ with its way back.
struct Question {
    const xml::Element& iq;
    const Jid& from;
    const Jid& to;
    Buffer& out;

    std::string_view id() const { return iq.attribute("id").value_or(std::string_view()); }

    bool refuse(Condition condition) const {
        write_error_reply(out, Kind::Iq, to, from, id(), StanzaError::of(condition));
        return true;
    }

    /// `write` adds the payload.
    template <class Write>
    bool answer(Write write) const {
        xml::Writer writer(out);
        writer.open("iq");
        write_jid(writer, "from", to);
        write_jid(writer, "to", from);
        writer.attribute("id", id()).attribute("type", "result");
        write(writer);
        writer.close("iq");
        return true;
    }
};

bool tell_info(const Question& question) {
    return question.answer([](xml::Writer& to) {
        to.open("query").attribute("xmlns", kDiscoInfo);
        to.open("identity").attribute("category", "gateway").attribute("type", "simple");
        to.attribute("name", "Isthmus").close("identity");
        for (const std::string_view feature : kFeatures) {
            to.open("feature").attribute("var", feature).close("feature");
        }
        to.close("query");
    });
}

bool tell_items(const Question& question) {
    return question.answer([](xml::Writer& to) { to.empty("query", kDiscoItems); });
}

bool tell_version(const Question& question, std::string_view version) {
    return question.answer([version](xml::Writer& to) {
        to.open("query").attribute("xmlns", kVersion);
        to.element("name", "Isthmus").element("version", version).close("query");
    });
}

}  // namespace

void write_ping(Buffer& to, std::string_view from, std::string_view domain, std::string_view id) {
    xml::Writer writer(to);
    writer.open("iq").attribute("from", from).attribute("to", domain);
    writer.attribute("id", id).attribute("type", "get").empty("ping", kPing);
    writer.close("iq");
}

bool IqResponder::respond(const xml::Element& iq,
                          const Jid& from,
                          const Jid& to,
                          Buffer& out) const {
    const Question question{iq, from, to, out};
    const std::string_view type = iq.attribute("type").value_or(std::string_view());
    if (type == "result" || type == "error") {
        return false;
    }
    // RFC 6120 §8.2.3: id and type are there, a request holds exactly one child.
    const xml::Element* const payload = iq.first_element();
    if ((type != "get" && type != "set") || question.id().empty() || payload == nullptr ||
        payload->next_element() != nullptr) {
        return question.refuse(Condition::BadRequest);
    }
    // RFC 6121 §8.5.1, §8.5.2.1.3, §8.5.3.2.3: users here have no XMPP client that could answer,
    // and whether there is such a user is nobody's business.
    if (!to.local.empty() || !to.resource.empty() || type != "get") {
        return question.refuse(Condition::ServiceUnavailable);
    }
    if (payload->is("ping", kPing)) {
        return question.answer([](xml::Writer&) {});
    }
    if (payload->is("query", kVersion)) {
        return tell_version(question, version_);
    }
    const bool is_info = payload->is("query", kDiscoInfo);
    if (is_info || payload->is("query", kDiscoItems)) {
        // XEP-0030 §3.1: there are no nodes.
        if (payload->attribute("node")) {
            return question.refuse(Condition::ItemNotFound);
        }
        return is_info ? tell_info(question) : tell_items(question);
    }
    return question.refuse(Condition::ServiceUnavailable);
}

}  // namespace isthmus::xmpp
