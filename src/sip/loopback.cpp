#include "sip/loopback.h"

#include "sip/random_token.h"
#include "sip/request_names.h"
#include "sip/writer.h"

#include <utility>

namespace isthmus::sip {

namespace {

constexpr std::size_t kPerTurn = 1000;  // then others have their turn

}  // namespace

class Loopback::Incoming final : public IncomingRequest {
  public:
    Incoming(std::shared_ptr<Loopback*> owner, const Request& request, Asker asker, Random& random)
        : owner_(std::move(owner)), asker_(asker) {
        to_tag_.renew(random);
        Buffer head;
        append_response_head(head, request, net::Endpoint{}, to_tag_.view());
        head_.assign(head.view());
    }

    Incoming(const Incoming&) = delete;
    Incoming& operator=(const Incoming&) = delete;
    Incoming(Incoming&&) = delete;
    Incoming& operator=(Incoming&&) = delete;

    ~Incoming() override {
        OutgoingResponse failed;
        failed.status = 500;
        respond(failed);
    }

    void respond(const OutgoingResponse& response) override {
        if (response.status >= 200 && !std::exchange(is_answered_, true) && *owner_ != nullptr) {
            (*owner_)->answer(head_, response, asker_);
        }
    }

    std::string_view to_tag() const override { return to_tag_.view(); }

    Names names() const override { return is_answered_ ? Names() : names_in(head_); }

  private:
    std::shared_ptr<Loopback*> owner_;
    Asker asker_;
    RandomToken<8> to_tag_;
    std::string head_;
    bool is_answered_ = false;
};

Loopback::Loopback(Timers& timers, Random& random)
    : random_(random),
      timer_(timers, [this] { deliver(); }),
      self_(std::make_shared<Loopback*>(this)) {}

Loopback::~Loopback() {
    *self_ = nullptr;
}

void Loopback::send(End to,
                    const OutgoingRequest& request,
                    ResponseHandler& handler,
                    std::uint64_t cookie) {
    RandomToken<16> branch;
    RandomToken<8> from_tag;
    RandomToken<16> call_id;
    branch.renew(random_);
    RequestStamp stamp;
    stamp.transport = "TCP";
    stamp.sent_by = "loopback.invalid";
    const std::string magic = "z9hG4bK" + std::string(branch.view());
    stamp.branch = magic;
    stamp.from_tag = request.from_tag;
    stamp.call_id = request.call_id;
    stamp.cseq = request.cseq == 0 ? 1 : request.cseq;
    if (request.from_tag.empty()) {
        from_tag.renew(random_);
        stamp.from_tag = from_tag.view();
    }
    if (request.call_id.empty()) {
        call_id.renew(random_);
        stamp.call_id = call_id.view();
    }
    scratch_.clear();
    append_request(scratch_, request, stamp);
    queue_.push_back({.is_response = false,
                      .to = to,
                      .octets = std::string(scratch_.view()),
                      .asker = {&handler, cookie}});
    timer_.arm({});
}

void Loopback::answer(const std::string& head,
                      const OutgoingResponse& response,
                      const Asker& asker) {
    --open_;
    scratch_.clear();
    append_response(scratch_, head, response, {});
    queue_.push_back({.is_response = true,
                      .to = End::First,
                      .octets = std::string(scratch_.view()),
                      .asker = asker});
    timer_.arm({});
}

void Loopback::deliver() {
    for (std::size_t i = 0; i < kPerTurn && !queue_.empty(); ++i) {
        const Item item = std::move(queue_.front());
        queue_.pop_front();
        arena_.reset();
        const ParseResult parsed = parse_message(
            item.octets, Framing::Stream, arena_, slots_, {.octets = item.octets.size()});
        if (item.is_response) {
            if (parsed.kind == ParseResult::Kind::Response) {
                item.asker.handler->on_response(item.asker.cookie, slots_.response);
            } else {
                item.asker.handler->on_no_response(
                    item.asker.cookie,
                    make_error(ErrorKind::Internal, "no answer", std::string(parsed.reason)));
            }
            continue;
        }
        ++open_;
        if (parsed.kind != ParseResult::Kind::Request) {
            --open_;
            item.asker.handler->on_no_response(
                item.asker.cookie,
                make_error(ErrorKind::Internal, "cannot be sent", std::string(parsed.reason)));
            continue;
        }
        receivers_[static_cast<std::size_t>(item.to)](
            slots_.request, std::make_unique<Incoming>(self_, slots_.request, item.asker, random_));
    }
    if (!queue_.empty()) {
        timer_.arm({});
    }
}

}  // namespace isthmus::sip
