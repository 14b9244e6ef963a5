// A SIP system over UDP: answers each request 200 and notes when it came.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "streams/wire.h"

namespace bench {

class SipSink {
  public:
    /// Called with the body of each request, on the sink's thread.
    using Taken = std::function<void(std::string_view body)>;

    explicit SipSink(Taken taken) : taken_(std::move(taken)) {
        socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        const int size = 8 << 20;
        setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
        sockaddr_in at = Stream::address(INADDR_LOOPBACK, 0);
        socklen_t length = sizeof at;
        if (bind(socket_, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 ||
            getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &length) != 0) {
            fail("no UDP port");
        }
        port_ = ntohs(at.sin_port);
        thread_ = std::thread([this] { run(); });
    }

    SipSink(const SipSink&) = delete;
    SipSink& operator=(const SipSink&) = delete;
    SipSink(SipSink&&) = delete;
    SipSink& operator=(SipSink&&) = delete;

    ~SipSink() {
        ::shutdown(socket_, SHUT_RDWR);
        thread_.join();
        ::close(socket_);
    }

    std::uint16_t port() const { return port_; }

  private:
    void run() {
        std::array<char, 65536> room{};
        while (true) {
            sockaddr_in from{};
            socklen_t length = sizeof from;
            const auto got = ::recvfrom(
                socket_, room.data(), room.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
            if (got <= 0) {
                return;
            }
            const std::string_view request(room.data(), static_cast<std::size_t>(got));
            const std::string response = answer(request);
            ::sendto(socket_,
                     response.data(),
                     response.size(),
                     0,
                     reinterpret_cast<const sockaddr*>(&from),
                     sizeof from);
            const std::size_t body = request.find("\r\n\r\n");
            if (request.starts_with("MESSAGE ") && body != std::string_view::npos) {
                taken_(request.substr(body + 4));
            }
        }
    }

    static std::string answer(std::string_view request) {
        std::string made = "SIP/2.0 200 OK\r\n";
        for (std::size_t at = request.find("\r\n") + 2; at < request.size();) {
            const std::size_t end = request.find("\r\n", at);
            const std::string_view line = request.substr(at, end - at);
            if (line.empty() || end == std::string_view::npos) {
                break;
            }
            for (const std::string_view name : {"Via:", "From:", "Call-ID:", "CSeq:"}) {
                if (line.starts_with(name)) {
                    made.append(line).append("\r\n");
                }
            }
            if (line.starts_with("To:")) {
                made.append(line).append(";tag=sink\r\n");
            }
            at = end + 2;
        }
        return made.append("Content-Length: 0\r\n\r\n");
    }

    Taken taken_;
    int socket_ = -1;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace bench
