#include "net/asio_host.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace isthmus::net {

struct EventLoop::AsioHost::Parts {
    explicit Parts(int descriptor) : epoll(context, descriptor) {}

    boost::asio::io_context context{1};
    boost::asio::posix::stream_descriptor epoll;
    bool waiting = false;
};

EventLoop::AsioHost::AsioHost(int epoll) : parts_(std::make_unique<Parts>(epoll)) {}

EventLoop::AsioHost::~AsioHost() {
    parts_->epoll.release();
}

boost::asio::io_context& EventLoop::AsioHost::context() {
    return parts_->context;
}

void EventLoop::AsioHost::wait(Duration limit) {
    if (!parts_->waiting) {
        parts_->waiting = true;
        parts_->epoll.async_wait(boost::asio::posix::descriptor_base::wait_read,
                                 [this](boost::system::error_code) { parts_->waiting = false; });
    }
    parts_->context.restart();
    parts_->context.run_one_for(limit);
    // Few enough that the loop's own descriptors are not kept waiting.
    constexpr int kMore = 64;
    for (int i = 0; i < kMore && parts_->context.poll_one() != 0; ++i) {
    }
}

}  // namespace isthmus::net
