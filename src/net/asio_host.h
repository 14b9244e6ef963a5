// An io_context that an EventLoop sleeps in, for the control thread's HTTP server. Asio is seen by
// this unit, by asio.cpp and by admin/ only.
#pragma once

#include "net/event_loop.h"

#include <memory>

namespace isthmus::net {

class EventLoop::AsioHost {
  public:
    explicit AsioHost(int epoll);
    AsioHost(const AsioHost&) = delete;
    AsioHost& operator=(const AsioHost&) = delete;
    AsioHost(AsioHost&&) = delete;
    AsioHost& operator=(AsioHost&&) = delete;
    ~AsioHost();

    boost::asio::io_context& context();
    /// Runs Asio's handlers until the loop's own descriptors are ready or `limit` has passed.
    void wait(Duration limit);

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace isthmus::net
