// Presence at the SIP peer (RFC 6665, RFC 3856). Its users are watched: SUBSCRIBE is answered, each
// state is a NOTIFY in the dialog of its pair. And they watch: SUBSCRIBE leaves, the NOTIFYs that
// come carry documents.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "load/buffer.h"
#include "load/ledger.h"
#include "load/people.h"
#include "load/sip_headers.h"

namespace isthmus::bench {

class Watches {
  public:
    Watches(Ledgers& ledgers, const People& people) : ledgers_(ledgers), people_(people) {}

    // Where requests of the dialogs are to be sent, and the longest time that we grant.
    void listen_at(int port) { port_ = std::to_string(port); }

    void grant(std::uint32_t seconds) { granted_ = seconds; }

    // Watched

    void take_subscribe(Buffer& out, const SipHeaders& headers, std::uint64_t now);
    void append_notify(Buffer& out, std::uint64_t number, std::uint32_t pair, std::uint64_t now);

    // Dialogs made in which we are watched, and how many of their SUBSCRIBEs were not the first.
    [[nodiscard]] std::uint64_t dialogs() const { return dialogs_; }

    [[nodiscard]] std::uint64_t refreshes() const { return refreshes_; }

    // Watching. `body` of a NOTIFY.

    void take_document(std::string_view body, std::uint64_t now);
    void append_subscribe(Buffer& out, std::uint32_t pair);
    void take_answer(unsigned status, std::string_view message);

    [[nodiscard]] std::uint64_t asked() const { return asked_; }

    [[nodiscard]] std::uint64_t answered() const { return answered_; }

  private:
    struct Dialog {
        std::string call_id;
        std::string tag;          // the watcher's
        std::uint32_t until = 0;  // seconds of our clock
        std::uint32_t cseq = 0;
    };

    [[nodiscard]] Dialog& dialog(std::uint32_t pair);
    void append_request(Buffer& out,
                        const Dialog& dialog,
                        std::uint64_t number,
                        std::uint32_t pair);
    void append_contact(Buffer& out, std::uint32_t pair);

    Ledgers& ledgers_;
    const People& people_;
    std::string port_;
    std::string target_;  // of all dialogs: the gateway's Contact
    std::string body_;
    std::vector<Dialog> dialogs_by_pair_;
    std::uint32_t granted_ = 3600;
    std::uint64_t dialogs_ = 0, refreshes_ = 0;
    std::uint64_t asked_ = 0, answered_ = 0;
};

// "SIP/2.0 200 OK" up to and with CSeq; more headers and the empty line follow.
void append_answer(Buffer& out, const SipHeaders& headers);

}  // namespace isthmus::bench
