// A PostgreSQL server of our own for the tests: in a temporary folder, on a socket in it, under the
// account "postgres" (the server refuses root), started when it is first asked for, stopped with
// the program. Throws std::runtime_error when Debian's postgresql is not there: the tests fail.
#pragma once

#include <sys/types.h>

#include <string>
#include <thread>

namespace isthmus::store {

class PostgresServer {
  public:
    /// The one of this program.
    static PostgresServer& shared();

    /// Off: quicker, and no power is cut where only processes are killed.
    enum class Fsync : bool { Off, On };

    explicit PostgresServer(Fsync fsync = Fsync::Off);
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;
    ~PostgresServer();

    std::string url() const;
    /// Drops what the tests before have left.
    void clear();

    void start();
    /// Ends the server in order, with open connections.
    void stop();
    /// SIGKILL to the server and all processes of its own, as a power cut would.
    void kill();

  private:
    void run(const std::string& program, const std::string& argument);

    Fsync fsync_;
    std::string programs_;
    std::string folder_;
    pid_t process_ = -1;
    std::thread log_reader_;
};

}  // namespace isthmus::store
