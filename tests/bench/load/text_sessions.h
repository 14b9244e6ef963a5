// INVITE sessions at the SIP peer, in which the messages of its users go ([MS-CONFIM], RFC 3261
// §13): ours are opened once for each pair, those of the other side are taken.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "load/buffer.h"
#include "load/people.h"
#include "load/sip_headers.h"

namespace isthmus::bench {

class TextSessions {
  public:
    explicit TextSessions(const People& people) : people_(people) {}

    void listen_at(int port) { port_ = std::to_string(port); }

    // From then on messages go in sessions.
    [[nodiscard]] bool is_on() const { return !by_pair_.empty(); }

    [[nodiscard]] std::uint64_t open() const { return open_; }

    void append_invite(Buffer& out, std::uint32_t pair);
    // The answer to one of ours; the ACK is appended.
    void take_answer(Buffer& out, unsigned status, const SipHeaders& headers);
    void append_message(Buffer& out, std::uint64_t number, std::uint32_t pair);
    // Theirs.
    void answer_invite(Buffer& out, const SipHeaders& headers) const;

  private:
    struct One {
        std::string tag;  // the other side's; empty: not answered yet
        std::uint32_t cseq = 1;
    };

    void append_head(Buffer& out,
                     std::string_view method,
                     std::string_view branch,
                     std::uint32_t pair,
                     std::uint32_t cseq);

    const People& people_;
    std::string port_;
    std::string target_;  // of all: the gateway's Contact
    std::vector<One> by_pair_;
    std::uint64_t open_ = 0;
};

}  // namespace isthmus::bench
