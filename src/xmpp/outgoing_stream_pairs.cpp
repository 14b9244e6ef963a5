// Several domains of ours on one stream that we have opened: XEP-0220 §2.5.
#include "base/text.h"
#include "xmpp/outgoing_stream.h"

#include <algorithm>
#include <utility>

namespace isthmus::xmpp {

void OutgoingStream::ask_for_pair(std::string local, Buffer& out) {
    dialback::write_result(
        out,
        local,
        purpose_.remote,
        dialback::make_key(purpose_.dialback_secret, purpose_.remote, local, id_));
    asked_pairs_.push_back(std::move(local));
}

std::optional<Actions> OutgoingStream::on_pair_answered(const dialback::Element& answer) {
    const auto asked = std::ranges::find(asked_pairs_, answer.to);
    if (state_ != State::Up || answer.is_verify || answer.type.empty() ||
        answer.from != purpose_.remote || asked == asked_pairs_.end()) {
        return std::nullopt;
    }
    action::PairAnswered answered{std::move(*asked),
                                  answer.verdict() == Verdict::Valid,
                                  std::string(answer.type) +
                                      (answer.condition.empty() ? "" : ": ") +
                                      text::escape_for_log(answer.condition)};
    asked_pairs_.erase(asked);
    return Actions{std::move(answered)};
}

}  // namespace isthmus::xmpp
