// Connects to the first of several addresses that answers (RFC 8305 §5, "happy eyeballs").
#pragma once

#include "net/tcp_stream.h"

#include <optional>
#include <string>

namespace isthmus::net {

class Connector final : public Pending, EndOfTurn {
  public:
    Connector(StreamShared& shared,
              std::vector<Endpoint> addresses,
              Duration patience,
              ConnectHandler on_done);
    Connector(const Connector&) = delete;
    Connector& operator=(const Connector&) = delete;
    Connector(Connector&&) = delete;
    Connector& operator=(Connector&&) = delete;
    ~Connector() override;

  private:
    class Attempt;

    void on_end_of_turn() override;
    void start_next();
    bool is_running() const;
    void note_failure(const Endpoint& to, const std::string& reason);
    void attempt_failed(const Endpoint& to, const std::string& reason);
    void attempt_won(Descriptor socket, const Endpoint& to);

    StreamShared& shared_;
    std::vector<Endpoint> addresses_;
    Duration patience_;
    ConnectHandler on_done_;
    std::size_t next_ = 0;
    bool is_due_ = true;  // the next address may be tried
    Timer stagger_;
    std::vector<std::unique_ptr<Attempt>> attempts_;
    std::string failures_;
    Descriptor winner_;
    Endpoint winner_address_;
};

}  // namespace isthmus::net
