#include "xmpp/answers.h"

#include "xmpp/namespaces.h"

#include <utility>

namespace isthmus::xmpp {

namespace {

/// Of the stanza that this one answers; empty: it answers none.
std::string_view answered_id(Kind kind, const xml::Element& element) {
    const std::string_view type = element.attribute("type").value_or("");
    if (type == "error" || (kind == Kind::Iq && type == "result")) {
        return element.attribute("id").value_or("");
    }
    // XEP-0184 §3
    const xml::Element* received =
        kind == Kind::Message ? element.child("received", kReceipts) : nullptr;
    return received != nullptr ? received->attribute("id").value_or("") : std::string_view();
}

}  // namespace

void Answers::expect(std::string id, std::string domain, Handler on_answer) {
    waiting_.insert_or_assign(std::move(id), Waiting{std::move(domain), std::move(on_answer)});
}

void Answers::forget(std::string_view id) {
    if (const auto found = waiting_.find(id); found != waiting_.end()) {
        waiting_.erase(found);
    }
}

bool Answers::take_one(Kind kind, const Jid& from, const xml::Element& element) {
    const auto found = waiting_.find(answered_id(kind, element));
    if (found == waiting_.end() || found->second.domain != from.domain) {
        return false;
    }
    const Handler on_answer = std::move(found->second.on_answer);
    waiting_.erase(found);
    on_answer(element);
    return true;
}

}  // namespace isthmus::xmpp
