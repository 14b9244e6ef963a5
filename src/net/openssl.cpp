#include "net/openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>

namespace isthmus::net {

BioPointer memory_bio(std::string_view text) {
    return BioPointer(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

BioPointer memory_sink() {
    return BioPointer(BIO_new(BIO_s_mem()));
}

std::string text_of(BIO* sink) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(sink, &data);
    return {data, static_cast<std::size_t>(std::max(size, 0L))};
}

X509Pointer read_x509(std::string_view pem) {
    const BioPointer bio = memory_bio(pem);
    return X509Pointer(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

std::string to_pem(X509* certificate) {
    const BioPointer sink = memory_sink();
    PEM_write_bio_X509(sink.get(), certificate);
    return text_of(sink.get());
}

std::string take_openssl_error() {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) {
        return "no reason given";
    }
    const char* reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : "error " + std::to_string(code);
}

std::string name_text(const X509_NAME* name) {
    const BioPointer sink = memory_sink();
    X509_NAME_print_ex(sink.get(), name, 0, XN_FLAG_RFC2253);
    return text_of(sink.get());
}

}  // namespace isthmus::net
