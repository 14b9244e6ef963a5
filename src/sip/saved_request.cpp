#include "sip/saved_request.h"

namespace isthmus::sip {

namespace {

constexpr std::size_t kKeptOctets = 4096;

}  // namespace

void SavedRequest::save(const OutgoingRequest& request, std::string_view call_id) {
    clear();
    method_ = request.method;
    max_forwards_ = request.max_forwards;
    for (const std::string_view part : {request.request_uri,
                                        request.from,
                                        request.to,
                                        call_id,
                                        request.from_tag,
                                        request.content_type,
                                        request.body}) {
        add(part);
    }
    for (const OutgoingHeader& header : request.headers) {
        add(header.name);
        add(header.value);
    }
}

void SavedRequest::add(std::string_view part) {
    text_.append(part);
    lengths_.push_back(static_cast<std::uint32_t>(part.size()));
}

OutgoingRequest SavedRequest::view(std::vector<OutgoingHeader>& headers) const {
    std::string_view rest = text_;
    std::size_t index = 0;
    auto next = [&] {
        const std::string_view part = rest.substr(0, lengths_[index]);
        rest.remove_prefix(lengths_[index++]);
        return part;
    };
    OutgoingRequest request;
    request.method = method_;
    request.max_forwards = max_forwards_;
    request.request_uri = next();
    request.from = next();
    request.to = next();
    request.call_id = next();
    request.from_tag = next();
    request.content_type = next();
    request.body = next();
    headers.clear();
    while (index < lengths_.size()) {
        const std::string_view name = next();
        headers.push_back({name, next()});
    }
    request.headers = headers;
    return request;
}

void SavedRequest::clear() {
    lengths_.clear();
    if (text_.capacity() > kKeptOctets) {
        text_ = {};
    }
    text_.clear();
}

}  // namespace isthmus::sip
