#include "control/certificate_watch.h"

#include "base/log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <system_error>
#include <utility>

namespace isthmus::control {

namespace {

class Descriptor {
  public:
    explicit Descriptor(const std::string& path)
        // A pipe must not hold us up.
        : number_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    Descriptor(Descriptor&&) = delete;
    Descriptor& operator=(Descriptor&&) = delete;

    ~Descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }

    int number() const { return number_; }

  private:
    int number_;
};

Error not_taken(std::string evidence) {
    return make_error(ErrorKind::Syntax,
                      "IST-CERT-022",
                      "The files of the certificate cannot be taken.",
                      std::move(evidence));
}

Error cannot_read(const std::string& path, int reason) {
    return not_taken(fmt::format("{}: {}", path, std::generic_category().message(reason)));
}

Result<std::string> read_file(const std::string& path) {
    const Descriptor file(path);
    struct stat facts{};
    if (file.number() < 0 || ::fstat(file.number(), &facts) != 0) {
        return cannot_read(path, errno);
    }
    if (!S_ISREG(facts.st_mode)) {
        return not_taken(fmt::format("{}: is no regular file", path));
    }
    if (facts.st_size > static_cast<off_t>(net::kMostCertificateOctets)) {
        return not_taken(fmt::format("{}: has {} octets", path, facts.st_size));
    }
    std::string made(static_cast<std::size_t>(facts.st_size), '\0');
    std::size_t size = 0;
    while (size < made.size()) {
        const ssize_t count = ::read(file.number(), made.data() + size, made.size() - size);
        if (count <= 0) {
            break;
        }
        size += static_cast<std::size_t>(count);
    }
    made.resize(size);
    return made;
}

Result<net::CertificateFile> read_pair(const std::string& certificate, const std::string& key) {
    auto octets = read_file(certificate);
    if (!octets) {
        return octets.error();
    }
    if (key != certificate) {
        auto more = read_file(key);
        if (!more) {
            return more.error();
        }
        *octets += '\n';
        *octets += *more;
        net::wipe(*more);
    }
    auto made = net::read_certificate_file(*octets, std::nullopt);
    net::wipe(*octets);
    if (made && made->key.empty()) {
        return not_taken(fmt::format("{}: holds no private key", key));
    }
    return made;
}

bool others_may_read(const std::string& path) {
    struct stat facts{};
    return ::stat(path.c_str(), &facts) == 0 && (facts.st_mode & S_IROTH) != 0;
}

}  // namespace

std::string file_look(const std::string& path) {
    struct stat facts{};
    if (::stat(path.c_str(), &facts) != 0) {
        return std::generic_category().message(errno);
    }
    return fmt::format("{}:{}:{}:{}.{}",
                       facts.st_dev,
                       facts.st_ino,
                       facts.st_size,
                       facts.st_mtim.tv_sec,
                       facts.st_mtim.tv_nsec);
}

Result<Committed> CertificateWatch::add(const CertificateImport& order, const Edit& edit) {
    const std::string now = file_look(order.certificate_file) + file_look(order.private_key_file);
    auto file = read_pair(order.certificate_file, order.private_key_file);
    if (!file) {
        return file.error();
    }
    CertificateImport wanted = order;
    wanted.is_replacing = order.is_replacing || is_from(order);
    auto made = service_.take(wanted, *file, edit);
    net::wipe(file->key);
    if (made && !made->is_dry_run) {
        seen_[order.name] = {.now = now, .tried = now, .error = {}, .is_bad = false};
    }
    if (made && others_may_read(order.private_key_file)) {
        made->warnings.push_back(fmt::format(
            "{}: everybody on this machine may read it; chmod 640 it", order.private_key_file));
    }
    return made;
}

/// The certificate of that name comes from the same files, which may hold another key by now.
bool CertificateWatch::is_from(const CertificateImport& order) const {
    const auto there = service_.all().find(order.name);
    return there != service_.all().end() &&
           there->second.document.certificate_file == order.certificate_file &&
           there->second.document.private_key_file == order.private_key_file;
}

void CertificateWatch::poll() {
    look(true);
}

void CertificateWatch::reload() {
    look(false);
}

void CertificateWatch::look(bool is_patient) {
    std::vector<Certificate> watched;
    for (const auto& [name, one] : service_.all()) {
        if (!one.document.certificate_file.empty()) {
            watched.push_back(one.document);
        }
    }
    std::erase_if(seen_, [&](const auto& entry) {
        const auto found = service_.all().find(entry.first);
        const bool is_over =
            found == service_.all().end() || found->second.document.certificate_file.empty();
        if (is_over) {
            log::event(log::Level::Info,
                       "certificate.file",
                       {{"result", "not watched any more"}, {"name", entry.first}});
        }
        return is_over;
    });
    for (const Certificate& one : watched) {
        Seen& seen = seen_[one.name];
        const std::string before = std::exchange(
            seen.now, file_look(one.certificate_file) + file_look(one.private_key_file));
        if (seen.now != seen.tried && (seen.now == before || !is_patient)) {
            take(one, seen);
        }
    }
}

void CertificateWatch::take(const Certificate& certificate, Seen& seen) {
    seen.tried = seen.now;
    Edit edit{.author = {{"isthmus", "files"}, Role::Admin}};
    edit.reason = fmt::format("{} has changed", certificate.certificate_file);
    const CertificateImport order{.name = certificate.name,
                                  .is_replacing = true,
                                  .certificate_file = certificate.certificate_file,
                                  .private_key_file = certificate.private_key_file};
    auto file = read_pair(certificate.certificate_file, certificate.private_key_file);
    const auto made = file ? service_.take(order, *file, edit) : Result<Committed>(file.error());
    if (file) {
        net::wipe(file->key);
    }
    const bool was_bad = std::exchange(seen.is_bad, !made);
    if (!made) {
        seen.error = made.error();
        log::event(log::Level::Warning,
                   "certificate.file",
                   {{"result", "failed"},
                    {"name", certificate.name},
                    {"code", "IST-CERT-022"},
                    {"msg", made.error().public_text},
                    {"evidence", made.error().detail},
                    {"file", certificate.certificate_file}});
        return;
    }
    const auto now = service_.all().find(certificate.name);
    const bool is_new =
        now != service_.all().end() && now->second.document.certificate != certificate.certificate;
    if (is_new || was_bad) {
        log::event(log::Level::Info,
                   "certificate.file",
                   {{"result", "taken"},
                    {"name", certificate.name},
                    {"file", certificate.certificate_file},
                    {"sha256", now->second.facts ? now->second.facts->names.sha256 : ""}});
    }
}

const Error* CertificateWatch::trouble(std::string_view name) const {
    const auto found = seen_.find(name);
    return found == seen_.end() || !found->second.is_bad ? nullptr : &found->second.error;
}

}  // namespace isthmus::control
