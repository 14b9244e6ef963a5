// The gate and the API on a database of their own: whatever target, header fields and body come,
// there is exactly one answer, what is not signed in changes nothing, and no answer has a control
// in a field.
#include "admin/api.h"
#include "admin/gate.h"
#include "app/addresses.h"
#include "base/log.h"
#include "support/posted_calls.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>

namespace {

using namespace isthmus;

void require(bool holds, const std::source_location& at = std::source_location::current()) {
    if (!holds) {
        std::fprintf(stderr, "line %u does not hold\n", at.line());
        std::abort();
    }
}

class CountedRandom final : public Random {
  public:
    void fill(void* to, std::size_t size) override {
        auto* octets = static_cast<unsigned char*>(to);
        for (std::size_t i = 0; i < size; ++i) {
            octets[i] = static_cast<unsigned char>(++count_ * 167 >> 3U);
        }
    }

  private:
    std::uint64_t count_ = 0;
};

/// Everything behind the gate that needs no traffic thread.
struct World {
    static std::string make_folder() {
        std::string made = std::filesystem::temp_directory_path() / "isthmus-fuzz-XXXXXX";
        require(mkdtemp(made.data()) != nullptr);
        return made;
    }

    std::string path = make_folder() + "/t.db";  // long work has a connection of its own
    store::Database database{path};
    store::AdminStore store{database};
    CountedRandom random;
    std::int64_t now = 1'800'000'000;
    control::AdminContext context{.store = store,
                                  .random = random,
                                  .wall = [this] { return now; },
                                  .monotonic = [this] { return now; },
                                  .offload =
                                      [](auto work, auto done) {
                                          work();
                                          done();
                                          return true;
                                      },
                                  .audit = [](const auto&) {},
                                  .cost = {.memory_kib = 8, .passes = 1}};
    control::AdminService admins{context};
    control::OwnAccount own{context};
    control::TokenService tokens{context};
    control::SignIn sign_in{context};
    admin::SignInServices services{.context = context,
                                   .admins = admins,
                                   .own = own,
                                   .tokens = tokens,
                                   .sign_in = sign_in,
                                   .panel_url = [] { return "https://localhost/"; }};

    store::ConfigStore config_store{database};
    control::PolicyService policies{
        config_store, app::canonical_names(), {}, [](const auto&) { return true; }};
    control::UserService users{policies};
    control::SubscriptionService subscriptions{{}, {}};
    control::ContactService contacts{{}, {}};
    test::PostedCalls posted;
    admin::Api api{{.policies = policies,
                    .users = users,
                    .subscriptions = subscriptions,
                    .contacts = contacts,
                    .read_status = []() -> std::optional<control::Status> { return {}; },
                    .reload = []() -> Result<void> { return {}; },
                    .sign_in = &services,
                    .connect =
                        [this] {
                            return std::make_unique<store::Database>(
                                path, store::Database::Opening::Another);
                        },
                    .post = [this](auto call) { posted.post(std::move(call)); }}};
    admin::Gate gate{
        sign_in, tokens, {"localhost"}, [this](const auto& request, const auto& reply) {
            api.handle(request, reply);
        }};
};

World& world() {
    static World made;
    return made;
}

/// Up to the next line feed.
std::string_view take_line(std::string_view& rest) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    return line;
}

bool needs_traffic(std::string_view path) {
    return path.starts_with("/api/v1/subscriptions") || path.starts_with("/api/v1/contacts") ||
           path.starts_with("/api/v1/explain");
}

}  // namespace

/// "METHOD TARGET\n" "cookie\n" "csrf\n" "authorization\n" body
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const bool is_quiet = [] {
        log::set_up(log::Format::Json, log::Level::Error);
        return true;
    }();
    (void)is_quiet;
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const std::string_view line = take_line(rest);
    admin::HttpRequest request;
    request.method = std::string(line.substr(0, line.find(' ')));
    request.headers = {{"host", "localhost"}, {"content-type", "application/json"}};
    for (const char* name : {"cookie", "x-csrf-token", "authorization", "if-match"}) {
        request.headers[name] = std::string(take_line(rest));
    }
    request.body = std::string(rest);
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos || !admin::parse_target(line.substr(blank + 1), request) ||
        needs_traffic(request.path)) {
        return 0;
    }
    require(request.path.find('\0') == std::string::npos);
    int answers = 0;
    const auto check = [&](const admin::HttpResponse& response) {
        ++answers;
        if (response.status < 200 || response.status >= 600 || response.status == 500) {
            std::fprintf(stderr, "%s\n", response.body.c_str());
            std::abort();
        }
        for (const auto& [name, value] : response.headers) {
            require(value.find_first_of("\r\n") == std::string::npos);
        }
    };
    request.author = {{"", "192.0.2.1"}, control::Role::None};
    const std::uint64_t revision = world().policies.current().revision();
    const std::size_t accounts = world().store.accounts().size();
    const std::size_t tokens = world().store.tokens().size();
    world().gate.handle_remote(request, check);
    while (answers == 0 && world().posted.run_one()) {
    }
    require(answers == 1);
    require(world().policies.current().revision() == revision);
    require(world().store.accounts().size() == accounts && world().store.tokens().size() == tokens);
    // The same as an administrator on the unix socket. Time goes on, so that nothing stays locked.
    world().now += 3600;
    request.author = {{"root", "unix"}, control::Role::Admin};
    world().gate.handle_local(request, check);
    while (answers == 1 && world().posted.run_one()) {
    }
    require(answers == 2);
    return 0;
}
