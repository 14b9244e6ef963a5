// The commands of bench_streams. Certificates are files CERTIFICATE KEY AUTHORITY.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

class Arguments {
  public:
    Arguments(int count, char** values) : values_(values, values + count) {}

    const char* text(std::size_t at) const { return at < values_.size() ? values_[at] : ""; }

    int number(std::size_t at) const { return std::atoi(text(at)); }

  private:
    std::vector<const char*> values_;
};

/// floor COUNT RESUME SERVER-CERTIFICATES CLIENT-CERTIFICATES
int run_floor(const Arguments& arguments);
/// handshakes PORT COUNT THREADS RESUME CERTIFICATES: calls, shakes hands, leaves.
int run_handshakes(const Arguments& arguments);
/// hold PORT COUNT CERTIFICATES: so many authenticated streams of pN.partners.example, until the
/// input ends.
int run_hold(const Arguments& arguments);
/// serve CERTIFICATES: the server of all partners; tells what it has for each line of the input,
/// when all connections have ended if that is "drop", when so many messages have come if it is a
/// number.
int run_serve(const Arguments& arguments);
/// links PORT COUNT RESUME CERTIFICATES: calls such a server, with a message each, and tells what
/// that costs this side when nothing but OpenSSL and blocking sockets is between.
int run_links(const Arguments& arguments);
/// attack PORT COUNT: so many callers who say a little and no more, and call again when they are
/// thrown out, until the input ends.
int run_attack(const Arguments& arguments);
/// traffic CERTIFICATES: the SIP system, a paced partner and one that floods, by commands on the
/// input.
int run_traffic(const Arguments& arguments);

}  // namespace bench
