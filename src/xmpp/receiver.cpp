#include "xmpp/receiver.h"

namespace isthmus::xmpp {

void Receiver::receive(Kind kind,
                       const Jid& from,
                       const Jid& to,
                       const xml::Element& element,
                       Arena& arena,
                       std::uint64_t ticket) {
    if (answers_.take(kind, from, element)) {
        return kind == Kind::Message ? replies_.settle(ticket) : void();
    }
    switch (kind) {
        case Kind::Message:
            Message::read(element, arena, message_);
            message_.from = from;
            message_.to = to;
            message_.ticket = ticket;
            return handler_.on_message(message_);
        case Kind::Presence:
            return receive_presence(from, to, element, arena);
        case Kind::Iq:
            return receive_iq(from, to, element);
    }
}

void Receiver::receive_ahead(const xml::Element& presence) {
    handler_.on_presence_ahead(Jid::from_prepared(presence.attribute("from").value_or("")),
                               Jid::from_prepared(presence.attribute("to").value_or("")));
}

void Receiver::receive_presence(const Jid& from,
                                const Jid& to,
                                const xml::Element& element,
                                Arena& arena) {
    auto presence = Presence::read(element, arena);
    if (!presence) {
        return refuse(Kind::Presence, from, to, element, Condition::BadRequest);
    }
    presence->from = from;
    presence->to = to;
    handler_.on_presence(*presence);
}

void Receiver::receive_iq(const Jid& from, const Jid& to, const xml::Element& element) {
    reply_.clear();
    if (responder_.respond(element, from, to, reply_)) {
        replies_.send_reply(Kind::Iq, to, from, [this](Buffer& out) { out.append(reply_.view()); });
    }
}

void Receiver::receive_misaddressed(Kind kind,
                                    const Jid& from,
                                    std::string_view our_domain,
                                    const xml::Element& element) {
    refuse(kind, from, Jid{{}, our_domain, {}}, element, Condition::JidMalformed);
}

void Receiver::refuse(
    Kind kind, const Jid& from, const Jid& to, const xml::Element& element, Condition condition) {
    const std::string_view type = element.attribute("type").value_or("");
    if (type == "error" || (kind == Kind::Iq && type == "result")) {
        return;
    }
    std::string_view id = element.attribute("id").value_or("");
    replies_.send_reply(kind, to, from, [&](Buffer& out) {
        write_error_reply(out, kind, to, from, id, StanzaError::of(condition));
    });
}

}  // namespace isthmus::xmpp
