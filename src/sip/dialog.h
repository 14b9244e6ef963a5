// A dialog as a value: what both ends must remember to speak on. All its text is in one block,
// because there are a million of them. RFC 3261 §12; RFC 6665 §4.4.1 for those of an event usage.
#pragma once

#include "base/prefetch.h"
#include "sip/message.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::sip {

/// What is known before the peer has said anything: our request outside a dialog.
struct DialogStart {
    std::string_view call_id;
    std::string_view local_tag;
    std::string_view local;       ///< `<sip:juliet@fabrikam.example>`
    std::string_view remote;      ///< likewise; empty if establish() follows
    std::string_view target;      ///< Request-URI
    std::string_view sip_domain;  ///< EventSender's key for the peer
    std::string_view event;       ///< Event value if it has an id, else empty
};

class Dialog {
  public:
    /// Beyond, no dialog is made: a peer must not fill our memory with its headers.
    static constexpr std::size_t kMaxText = 12288;

    Dialog() = default;
    /// Empty if there is too much text.
    static std::optional<Dialog> start(const DialogStart& start);
    /// Remote tag, remote target and route set as the peer's request says, which makes it a dialog
    /// (RFC 3261 §12.1.1). Null if all is well, else what is wrong; nothing has changed then.
    const char* establish(const Request& request);
    /// The same as the peer's 2xx to our INVITE says (RFC 3261 §12.1.2).
    const char* establish(const Response& response);
    /// A later request of the peer may move the target (RFC 3261 §12.2.2). A Contact that is no use
    /// is ignored.
    void refresh_target(const Request& request);

    bool is_established() const { return remote_tag_size_ != 0; }

    std::string_view call_id() const { return part(CallId); }

    std::string_view local_tag() const { return part(LocalTag); }

    std::string_view remote_tag() const;

    /// From of our requests, without tag.
    std::string_view local() const { return part(Local); }

    /// To of our requests, with tag.
    std::string_view remote() const { return part(Remote); }

    /// RFC 3261 §12.2.1.1: Request-URI, Route value (may be empty) and where to send it to.
    std::string_view request_uri() const { return part(RequestUri); }

    std::string_view route() const { return part(Route); }

    std::string_view next_hop() const;

    std::string_view sip_domain() const { return part(SipDomain); }

    /// `presence;id=7` if the subscriber gave an id, else `presence`.
    std::string_view event() const;

    /// A request of this dialog but for its headers, body and, where the peer may have seen a later
    /// one, its CSeq: that is `local_cseq`. Views into the dialog.
    OutgoingRequest request(Method method) const {
        return {.method = method,
                .request_uri = request_uri(),
                .from = local(),
                .to = remote(),
                .call_id = call_id(),
                .from_tag = local_tag(),
                .cseq = local_cseq,
                .headers = {},
                .content_type = {},
                .body = {}};
    }

    /// Brings its text near.
    void prefetch() const { isthmus::prefetch(text_.get(), text_size()); }

    /// For the database. load() takes nothing but what save() made.
    std::string save() const;
    static std::optional<Dialog> load(std::string_view saved);

    std::uint32_t local_cseq = 0;
    std::uint32_t remote_cseq = 0;  ///< of the last request accepted; 0 before the first
    std::uint8_t document = 0;      ///< PresenceFormat of what we tell in it

  private:
    enum Part : std::uint8_t {
        CallId,
        LocalTag,
        Local,
        Remote,
        RequestUri,
        Route,
        SipDomain,
        Event,
        kParts
    };

    using Parts = std::array<std::string_view, kParts>;

    std::string_view part(Part which) const;
    std::size_t text_size() const;
    Parts parts() const;
    std::string_view target() const;
    bool assign(const Parts& parts);
    const char* establish(const Message& message, const NameAddr& peer, bool is_response);

    std::unique_ptr<char[]> text_;
    std::array<std::uint16_t, kParts> sizes_{};
    std::uint16_t remote_tag_size_ = 0;
    bool is_strict_ = false;  // the first hop is a strict router: it is our Request-URI
};

}  // namespace isthmus::sip
