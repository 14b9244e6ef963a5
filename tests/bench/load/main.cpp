// bench_load: plays the SIP peer and the XMPP partner of a gateway under test, and measures it.
// Commands come as lines on stdin ("verb key=value ..."), each is answered with a line of JSON.
#include <csignal>
#include <string>

#include "load/generator.h"

int main(int argc, char** argv) {
    using namespace isthmus::bench;
    std::signal(SIGPIPE, SIG_IGN);
    std::string arguments;
    for (int i = 1; i < argc; ++i) {
        arguments += std::string(argv[i]) + ' ';
    }
    const Command options(arguments);
    People people;
    people.sip = options.text("sip-domain", people.sip);
    people.xmpp = options.text("xmpp-domain", people.xmpp);
    SslContext tls;
    if (!options.text("certificate").empty()) {
        tls = make_tls_context(options.text("certificate"), options.text("key"));
    }
    Generator(std::move(tls), people).serve();
    return 0;
}
