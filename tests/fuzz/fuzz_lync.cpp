// What servers and clients of the Lync kind send: rich text, SDP, their presence documents, their
// typing notices and receipts. The first octet chooses the door. What comes out is text that the
// other side can carry, never longer than a multiple of what went in.
#include "base/arena.h"
#include "base/buffer.h"
#include "base/text.h"
#include "sip/presence_format.h"
#include "sip/session_description.h"
#include "translate/notices.h"
#include "translate/rtf.h"
#include "xml/parser.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "doors.h"

namespace {

using namespace isthmus;
using fuzz::insist;

void fuzz_rtf(std::string_view input) {
    Arena arena;
    const auto said = translate::rtf_to_text(input, arena);
    if (said) {
        insist(said->size() <= 3 * input.size() + 4);
        insist(text::is_utf8(*said));
        for (const char c : *said) {
            insist(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t');
        }
    }
}

void fuzz_offer(std::string_view input) {
    const auto offer = sip::read_offer(input, "sip:romeo@fabrikam.example");
    if (!offer || input.empty()) {
        return;
    }
    const std::string answer = sip::describe_session(offer->answer_media);
    const auto again = sip::read_offer(answer, "sip:romeo@fabrikam.example");
    insist(again.has_value());
    insist(offer->answer_media.empty() || again->has_text == offer->has_text);
}

void fuzz_presence(std::string_view input, sip::PresenceFormat format) {
    Arena arena;
    const auto pidf = sip::read_presence(sip::content_type_of(format), input, arena);
    if (!pidf) {
        return;
    }
    for (const auto out : {sip::PresenceFormat::Categories, sip::PresenceFormat::Msrtc}) {
        Buffer written;
        sip::write_presence(*pidf, out, written);
        Arena other;
        insist(xml::parse_document(written.view(), other, {}).has_value());
        insist(sip::read_presence(sip::content_type_of(out), written.view(), other).has_value());
    }
}

void fuzz_notices(std::string_view input) {
    Arena arena;
    (void)translate::read_keyboard_activity(input, arena);
    if (const auto notice = translate::read_ms_imdn(input, arena); notice && *notice) {
        insist(!(*notice)->message_id.empty());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static constexpr fuzz::Door kDoors[] = {
        fuzz_rtf,
        fuzz_offer,
        [](std::string_view input) { fuzz_presence(input, sip::PresenceFormat::Categories); },
        [](std::string_view input) { fuzz_presence(input, sip::PresenceFormat::Msrtc); },
        fuzz_notices};
    return fuzz::enter(kDoors, data, size);
}
