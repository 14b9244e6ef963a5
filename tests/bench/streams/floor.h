// What OpenSSL alone needs for a handshake with certificates on both sides: two ends over memory,
// each timed by itself.
#pragma once

#include <ctime>

#include "streams/wire.h"

namespace bench {

inline double thread_cpu_us() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

struct FloorTimes {
    double server_us = 0;
    double client_us = 0;
    int resumed = 0;
};

class FloorPair {
  public:
    FloorPair(const Credentials& server,
              const Credentials& client,
              SSL_SESSION* session,
              FloorTimes& times)
        : times_(times) {
        times_.server_us += timed([&] { server_ = SSL_new(server.context()); });
        times_.client_us += timed([&] { client_ = SSL_new(client.context()); });
        BIO* to_server = nullptr;
        BIO* to_client = nullptr;
        BIO_new_bio_pair(&to_server, 65536, &to_client, 65536);
        SSL_set_bio(server_, to_server, to_server);
        SSL_set_bio(client_, to_client, to_client);
        SSL_set_accept_state(server_);
        SSL_set_connect_state(client_);
        if (session != nullptr) {
            SSL_set_session(client_, session);
        }
    }

    FloorPair(const FloorPair&) = delete;
    FloorPair& operator=(const FloorPair&) = delete;
    FloorPair(FloorPair&&) = delete;
    FloorPair& operator=(FloorPair&&) = delete;

    ~FloorPair() {
        times_.server_us += timed([&] { let_go(server_); });
        times_.client_us += timed([&] { let_go(client_); });
    }

    void run() {
        bool is_server_done = false;
        bool is_client_done = false;
        while (!is_server_done || !is_client_done) {
            times_.client_us += timed([&] { is_client_done = SSL_do_handshake(client_) == 1; });
            times_.server_us += timed([&] { is_server_done = SSL_do_handshake(server_) == 1; });
        }
        times_.resumed += SSL_session_reused(client_);
    }

    /// A ticket, if the server gave one.
    SSL_SESSION* session() {
        char nothing = 0;
        SSL_read(client_, &nothing, 1);
        return SSL_get1_session(client_);
    }

  private:
    template <class Work>
    static double timed(Work work) {
        const double before = thread_cpu_us();
        work();
        return thread_cpu_us() - before;
    }

    FloorTimes& times_;
    SSL* server_ = nullptr;
    SSL* client_ = nullptr;
};

inline FloorTimes measure_floor(const Credentials& server,
                                const Credentials& client,
                                int count,
                                bool resumes) {
    SSL_SESSION* session = nullptr;
    FloorTimes ignored;
    FloorTimes times;
    SSL_CTX_set_num_tickets(server.context(), 1);  // as the gateway, whether it is used or not
    if (resumes) {
        FloorPair first(server, client, nullptr, ignored);
        first.run();
        session = first.session();
    }
    for (int i = 0; i < count / 10; ++i) {
        FloorPair(server, client, session, ignored).run();
    }
    for (int i = 0; i < count; ++i) {
        FloorPair(server, client, session, times).run();
    }
    SSL_SESSION_free(session);
    times.server_us /= count;
    times.client_us /= count;
    return times;
}

}  // namespace bench
