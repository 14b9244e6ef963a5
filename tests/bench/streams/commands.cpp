#include "streams/commands.h"

#include <poll.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <iostream>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <thread>

#include "streams/floor.h"
#include "streams/wire.h"

namespace bench {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string partner(int number) {
    return "p" + std::to_string(number) + ".partners.example";
}

constexpr int kOfAttackers = 50000;  // their addresses are not those of partners

/// 127.1.x.y: an address of its own for each so many callers.
std::uint32_t source(int number) {
    return 0x7f010000U + static_cast<std::uint32_t>(number % 60000) + 1;
}

Credentials credentials(const Arguments& arguments, std::size_t at) {
    return {arguments.text(at), arguments.text(at + 1), arguments.text(at + 2)};
}

void await_end_of_input() {
    for (std::string line; std::getline(std::cin, line);) {
    }
}

/// Runs `work(i)` for each i below `count` on so many threads; what fails is told and counted.
template <class Work>
int in_parallel(int count, int threads, Work work) {
    std::atomic<int> next = 0;
    std::atomic<int> failed = 0;
    std::vector<std::thread> running;
    for (int i = 0; i < threads; ++i) {
        running.emplace_back([&] {
            for (int at = next++; at < count; at = next++) {
                try {
                    work(at);
                } catch (const std::exception& error) {
                    if (failed++ == 0) {
                        std::fprintf(stderr, "%s\n", error.what());
                    }
                }
            }
        });
    }
    for (std::thread& thread : running) {
        thread.join();
    }
    return failed;
}

}  // namespace

int run_floor(const Arguments& arguments) {
    const Credentials server = credentials(arguments, 4);
    const Credentials client = credentials(arguments, 7);
    const FloorTimes times =
        measure_floor(server, client, arguments.number(2), arguments.number(3) != 0);
    std::printf("{\"server_us\":%.2f,\"client_us\":%.2f,\"resumed\":%d}\n",
                times.server_us,
                times.client_us,
                times.resumed);
    return 0;
}

namespace {

/// Tickets as a partner would use them: each once, the newest first.
class Tickets {
  public:
    using Ticket = std::shared_ptr<SSL_SESSION>;

    void put(const Stream& of) {
        Ticket ticket(SSL_get1_session(of.ssl()), SSL_SESSION_free);
        const std::lock_guard lock(mutex_);
        tickets_.push_back(std::move(ticket));
    }

    Ticket take() {
        const std::lock_guard lock(mutex_);
        if (tickets_.empty()) {
            return nullptr;
        }
        Ticket ticket = std::move(tickets_.back());
        tickets_.pop_back();
        return ticket;
    }

  private:
    std::mutex mutex_;
    std::vector<Ticket> tickets_;
};

}  // namespace

int run_handshakes(const Arguments& arguments) {
    const auto port = static_cast<std::uint16_t>(arguments.number(2));
    const int threads = arguments.number(4);
    const bool resumes = arguments.number(5) != 0;
    const Credentials ours = credentials(arguments, 6);
    std::atomic<int> resumed = 0;
    Tickets tickets;
    const auto shake_hands = [&](int number) {
        Stream stream(Stream::dial(source(number), port));
        const Tickets::Ticket ticket = tickets.take();
        stream.negotiate_tls(ours, partner(0), ticket.get());
        resumed += SSL_session_reused(stream.ssl());
        if (resumes) {
            tickets.put(stream);
        }
    };
    if (resumes) {
        in_parallel(threads, threads, shake_hands);
        resumed = 0;
    }
    const auto start = Clock::now();
    const int failed = in_parallel(arguments.number(3), threads, shake_hands);
    std::printf("{\"seconds\":%.3f,\"failed\":%d,\"resumed\":%d}\n",
                seconds_since(start),
                failed,
                resumed.load());
    return 0;
}

int run_hold(const Arguments& arguments) {
    const auto port = static_cast<std::uint16_t>(arguments.number(2));
    const Credentials ours = credentials(arguments, 4);
    const int count = arguments.number(3);
    std::vector<std::unique_ptr<Stream>> streams(static_cast<std::size_t>(count));
    const auto start = Clock::now();
    const int failed = in_parallel(count, 8, [&](int number) {
        auto stream = std::make_unique<Stream>(Stream::dial(source(number), port));
        stream->negotiate_tls(ours, partner(number));
        stream->authenticate(partner(number));
        streams[static_cast<std::size_t>(number)] = std::move(stream);
    });
    std::printf("{\"seconds\":%.3f,\"failed\":%d}\n", seconds_since(start), failed);
    std::fflush(stdout);
    await_end_of_input();
    return 0;
}

namespace {

class PartnerServer {
  public:
    explicit PartnerServer(const Credentials& ours) : ours_(ours) {}

    /// Takes the socket.
    void answer(int socket) {
        enter(socket);
        serve(socket);
        const std::lock_guard lock(mutex_);
        sockets_.erase(socket);
        ::close(socket);
        ++ended;
        left_.notify_one();
    }

    /// Ends all connections; none is left on return.
    void drop() {
        std::unique_lock lock(mutex_);
        for (const int socket : sockets_) {
            ::shutdown(socket, SHUT_RDWR);
        }
        left_.wait(lock, [this] { return sockets_.empty(); });
    }

    /// So many messages have come.
    void await(int count) const {
        for (int seen = messages; seen < count; seen = messages) {
            messages.wait(seen);
        }
    }

    std::atomic<int> up = 0;
    std::atomic<int> resumed = 0;
    std::atomic<int> messages = 0;
    std::atomic<int> ended = 0;

  private:
    void enter(int socket) {
        const std::lock_guard lock(mutex_);
        sockets_.insert(socket);
    }

    void serve(int socket) {
        try {
            Stream stream(::dup(socket));
            const std::string domain = header(stream,
                                              "<starttls "
                                              "xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
            stream.hear("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
            stream.say("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
            stream.secure(ours_, true);
            header(stream,
                   "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL"
                   "</mechanism></mechanisms>");
            stream.hear("</auth>");
            stream.say("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
            header(stream, "");
            ++up;
            resumed += SSL_session_reused(stream.ssl());
            while (true) {
                stream.hear("</message>");
                ++messages;
                messages.notify_all();
            }
        } catch (const std::exception&) {
            // Its end, whatever it was.
        }
    }

    static std::string header(Stream& stream, std::string_view features) {
        const std::string heard = stream.hear("to='");
        const std::string domain = stream.hear("'");
        stream.hear(">");
        const std::string name = domain.substr(0, domain.size() - 1);
        stream.open(name, kOurs, "bench-stream");
        stream.say("<stream:features>" + std::string(features) + "</stream:features>");
        return name;
    }

    const Credentials& ours_;
    std::mutex mutex_;
    std::condition_variable left_;
    std::set<int> sockets_;
};

}  // namespace

int run_serve(const Arguments& arguments) {
    const Credentials ours = credentials(arguments, 2);
    SSL_CTX_set_num_tickets(ours.context(), 1);
    PartnerServer server(ours);
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at = Stream::address(INADDR_LOOPBACK, 0);
    socklen_t length = sizeof at;
    if (bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 ||
        ::listen(listener, 4096) != 0 ||
        getsockname(listener, reinterpret_cast<sockaddr*>(&at), &length) != 0) {
        fail("no port");
    }
    std::printf("{\"port\":%d}\n", ntohs(at.sin_port));
    std::fflush(stdout);
    std::thread([&server, listener] {
        while (true) {
            const int socket = ::accept(listener, nullptr, nullptr);
            if (socket >= 0) {
                std::thread([&server, socket] { server.answer(socket); }).detach();
            }
        }
    }).detach();
    for (std::string line; std::getline(std::cin, line);) {
        if (line == "drop") {
            server.drop();
        } else if (!line.empty()) {
            server.await(std::atoi(line.c_str()));
        }
        std::printf("{\"up\":%d,\"resumed\":%d,\"messages\":%d,\"ended\":%d}\n",
                    server.up.load(),
                    server.resumed.load(),
                    server.messages.load(),
                    server.ended.load());
        std::fflush(stdout);
    }
    std::_Exit(0);
}

int run_links(const Arguments& arguments) {
    const auto port = static_cast<std::uint16_t>(arguments.number(2));
    const int count = arguments.number(3);
    const bool resumes = arguments.number(4) != 0;
    const Credentials ours = credentials(arguments, 5);
    const std::string body(100, 'x');
    Tickets tickets;
    std::vector<std::unique_ptr<Stream>> streams;
    int resumed = 0;
    const auto link = [&](int number, SSL_SESSION* session) {
        auto stream = std::make_unique<Stream>(Stream::dial(source(number), port));
        stream->negotiate_tls(ours, partner(number), session);
        stream->authenticate(partner(number));
        stream->say("<message from='a@" + partner(number) + "' to='b@contoso.example'><body>" +
                    body + "</body></message>");
        resumed += SSL_session_reused(stream->ssl());
        streams.push_back(std::move(stream));
    };
    for (int number = 0; number < count / 10 || (resumes && number < count); ++number) {
        link(number, nullptr);
        tickets.put(*streams.back());
        streams.pop_back();
    }
    resumed = 0;
    const double before = thread_cpu_us();
    for (int number = 0; number < count; ++number) {
        link(number, resumes ? tickets.take().get() : nullptr);
    }
    std::printf(
        "{\"client_us\":%.2f,\"resumed\":%d}\n", (thread_cpu_us() - before) / count, resumed);
    std::fflush(stdout);
    return 0;
}

int run_attack(const Arguments& arguments) {
    const auto port = static_cast<std::uint16_t>(arguments.number(2));
    const int count = arguments.number(3);
    std::vector<pollfd> sockets(static_cast<std::size_t>(count), pollfd{-1, POLLIN, 0});
    sockets.push_back({STDIN_FILENO, POLLIN, 0});
    long calls = 0;
    // A third says nothing, a third stops inside a header, a third inside TLS.
    const std::string half_header = "<?xml version='1.0'?><stream:stream xmlns='jabber:ser";
    const auto call = [&](int number) {
        try {
            const int socket = Stream::dial(source(kOfAttackers + number / 10), port);
            sockets[static_cast<std::size_t>(number)].fd = socket;
            if (number % 3 == 1) {
                ::send(socket, half_header.data(), half_header.size(), MSG_NOSIGNAL);
            } else if (number % 3 == 2) {
                const std::string_view start_tls =
                    "<stream:stream xmlns='jabber:server' "
                    "xmlns:stream='http://etherx.jabber.org/streams' to='contoso.example' "
                    "version='1.0'><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
                ::send(socket, start_tls.data(), start_tls.size(), MSG_NOSIGNAL);
            }
            ++calls;
        } catch (const std::exception&) {
            // It is refused just now; the next round tries again.
        }
    };
    bool is_told = false;
    while (true) {
        int open = 0;
        for (int i = 0; i < count; ++i) {
            pollfd& one = sockets[static_cast<std::size_t>(i)];
            if (one.fd < 0) {
                call(i);
            }
            open += one.fd >= 0 ? 1 : 0;
        }
        if (!std::exchange(is_told, true)) {
            std::printf("{\"open\":%d}\n", open);
            std::fflush(stdout);
        }
        // Until somebody is thrown out; where not all are in, they try again at once.
        ::poll(sockets.data(), sockets.size(), open == count ? -1 : 0);
        if (sockets.back().revents != 0) {
            std::printf("{\"calls\":%ld,\"open\":%d}\n", calls, open);
            return 0;
        }
        for (pollfd& one : std::span(sockets).first(static_cast<std::size_t>(count))) {
            if (one.fd < 0 || one.revents == 0) {
                continue;
            }
            char ignored[4096];
            if (::recv(one.fd, ignored, sizeof ignored, MSG_DONTWAIT) <= 0 && errno != EAGAIN) {
                ::close(one.fd);
                one.fd = -1;
            }
        }
    }
}

}  // namespace bench
