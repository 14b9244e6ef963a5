#include "net/udp_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace isthmus::net {

namespace {

constexpr std::size_t kDatagramBatch = 32;
constexpr int kBatchesPerTurn = 8;
constexpr std::size_t kMaxDatagram = 65536;
constexpr std::size_t kMaxQueuedOctets = 8UL * 1024 * 1024;
constexpr std::size_t kKeptOctets = 64UL * 1024;
constexpr int kKernelBuffer = 4 * 1024 * 1024;

}  // namespace

/// Room for one recvmmsg. Pages that no datagram ever reaches cost nothing.
struct UdpSocket::Inbox {
    Inbox() {
        for (std::size_t i = 0; i < kDatagramBatch; ++i) {
            vectors[i] = {octets.get() + i * kMaxDatagram, kMaxDatagram};
            headers[i].msg_hdr.msg_iov = &vectors[i];
            headers[i].msg_hdr.msg_iovlen = 1;
            headers[i].msg_hdr.msg_name = &sources[i].storage;
        }
    }

    std::unique_ptr<char[]> octets =
        std::make_unique_for_overwrite<char[]>(kDatagramBatch * kMaxDatagram);
    std::array<iovec, kDatagramBatch> vectors{};
    std::array<SocketAddress, kDatagramBatch> sources{};
    std::array<mmsghdr, kDatagramBatch> headers{};
};

UdpSocket::UdpSocket(EventLoop& loop,
                     Descriptor socket,
                     DatagramHandler& handler,
                     metrics::Counter& dropped)
    : Watch(loop),
      EndOfTurn(loop),
      socket_(std::move(socket)),
      local_(local_endpoint(socket_.get())),
      handler_(handler),
      dropped_(dropped),
      inbox_(std::make_unique<Inbox>()) {
    socklen_t size = sizeof family_;
    getsockopt(socket_.get(), SOL_SOCKET, SO_DOMAIN, &family_, &size);
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &kKernelBuffer, sizeof kKernelBuffer);
    setsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUF, &kKernelBuffer, sizeof kKernelBuffer);
    is_heard_ = watch(socket_.get(), true, false);
}

UdpSocket::~UdpSocket() {
    if (gone_ != nullptr) {
        *gone_ = true;
    }
    forget();
}

void UdpSocket::on_ready(bool /*readable*/, bool /*writable*/) {
    bool gone = false;
    gone_ = &gone;
    for (int batch = 0; batch < kBatchesPerTurn; ++batch) {
        for (std::size_t i = 0; i < kDatagramBatch; ++i) {
            inbox_->headers[i].msg_hdr.msg_namelen = sizeof(sockaddr_storage);
        }
        const int count =
            recvmmsg(socket_.get(), inbox_->headers.data(), kDatagramBatch, MSG_DONTWAIT, nullptr);
        for (std::size_t i = 0; std::cmp_less(i, count); ++i) {
            handler_.on_datagram(to_endpoint(inbox_->sources[i]),
                                 {static_cast<const char*>(inbox_->vectors[i].iov_base),
                                  inbox_->headers[i].msg_len});
            if (gone) {
                return;
            }
        }
        if (std::cmp_less(count, kDatagramBatch)) {
            break;
        }
    }
    gone_ = nullptr;
}

void UdpSocket::send(const Endpoint& to, std::string_view datagram) {
    if (octets_.size() + datagram.size() > kMaxQueuedOctets ||
        (family_ == AF_INET && !to.address.is_v4())) {
        dropped_.add();
        return;
    }
    octets_.append(datagram);
    queued_.push_back({to, datagram.size()});
    at_end_of_turn();
}

void UdpSocket::on_end_of_turn() {
    const char* octets = octets_.data();
    for (std::size_t first = 0; first < queued_.size();) {
        const std::size_t done = send_batch(first, octets);
        for (std::size_t i = 0; i < done; ++i) {
            octets += queued_[first + i].size;
        }
        first += done;
    }
    queued_.clear();
    octets_.clear();
    octets_.shrink(kKeptOctets);
}

/// Sends up to kDatagramBatch datagrams; one that the kernel refuses is dropped. How many are dealt
/// with.
std::size_t UdpSocket::send_batch(std::size_t first, const char* octets) {
    const std::size_t count = std::min(kDatagramBatch, queued_.size() - first);
    std::array<SocketAddress, kDatagramBatch> addresses;
    std::array<iovec, kDatagramBatch> vectors{};
    std::array<mmsghdr, kDatagramBatch> headers{};
    for (std::size_t i = 0; i < count; ++i) {
        const Queued& datagram = queued_[first + i];
        addresses[i] = to_socket_address(datagram.to, family_);
        vectors[i] = {const_cast<char*>(octets), datagram.size};
        octets += datagram.size;
        headers[i].msg_hdr.msg_name = &addresses[i].storage;
        headers[i].msg_hdr.msg_namelen = addresses[i].size;
        headers[i].msg_hdr.msg_iov = &vectors[i];
        headers[i].msg_hdr.msg_iovlen = 1;
    }
    int sent = 0;
    do {
        sent = sendmmsg(socket_.get(), headers.data(), static_cast<unsigned>(count), MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent > 0) {
        return static_cast<std::size_t>(sent);
    }
    if (errno == EAGAIN || errno == ENOBUFS) {
        dropped_.add(count);
        return count;
    }
    dropped_.add();
    return 1;
}

}  // namespace isthmus::net
