#include "xmpp/second_look.h"

#include "base/arena.h"
#include "xmpp/environment.h"

namespace isthmus::xmpp {

std::optional<SecondLook::Doubt> SecondLook::look(const Environment& environment,
                                                  const net::ByteStream& stream,
                                                  std::string_view remote,
                                                  const LinkPolicy& policy) {
    SecondLooks& all = environment.second_looks;
    if (round_ == all.round_ || all.left_ == 0 || environment.tls == nullptr) {
        return std::nullopt;
    }
    round_ = all.round_;
    --all.left_;
    auto certificate = stream.judge_again(*environment.tls);
    Arena scratch(1024);
    auto fault =
        certificate ? certificate_fault(&*certificate, remote, policy, scratch) : std::nullopt;
    if (!fault) {
        return std::nullopt;
    }
    return Doubt{*std::move(certificate), *std::move(fault)};
}

}  // namespace isthmus::xmpp
