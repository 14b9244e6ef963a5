// What all resources of configuration objects have in common: list, create, get, change, delete.
#pragma once

#include "admin/answers.h"
#include "admin/http.h"
#include "base/spelling.h"
#include "base/text.h"
#include "control/objects.h"
#include "control/policy_service.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isthmus::admin {

inline constexpr std::size_t kUsualPage = 1000;
inline constexpr std::size_t kMostPage = 100'000;

/// Adds what is known of the objects beside their properties.
using Complete = std::function<void(boost::json::array& items)>;

/// One object, with its ETag, which is of its properties alone.
inline HttpResponse answer_completed(const boost::json::object& object, const Complete& complete) {
    HttpResponse response = answer_object(object);
    if (complete) {
        boost::json::array one{object};
        complete(one);
        response.body = answer(one.front()).body;
    }
    return response;
}

/// {"items": [...], "total": n}, by name; ?q= restricts to names that hold the text. If none does,
/// "nearest" is the name that may have been meant.
template <class List>
HttpResponse list_objects(const List& list,
                          const HttpRequest& request,
                          const Complete& complete = {}) {
    using Object = typename List::value_type;
    const auto paging = paging_of(request, kUsualPage, kMostPage);
    if (!paging) {
        return problem(paging.error());
    }
    const std::string wanted = text::to_lower(query_of(request, "q"));
    std::vector<const Object*> sorted;
    for (const Object& one : list) {
        const std::string& name = one.*control::Kind<Object>::kId;
        if (wanted.empty() || text::to_lower(name).find(wanted) != std::string::npos) {
            sorted.push_back(&one);
        }
    }
    // There may be a hundred thousand: only what is shown must be in order.
    const auto shown = static_cast<std::ptrdiff_t>(
        std::min(sorted.size(), std::min(sorted.size(), paging->offset) + paging->limit));
    std::ranges::partial_sort(
        sorted, sorted.begin() + shown, {}, [](const Object* one) -> const std::string& {
            return one->*control::Kind<Object>::kId;
        });
    boost::json::array items;
    for (std::size_t i = paging->offset; i < sorted.size() && items.size() < paging->limit; ++i) {
        items.push_back(control::to_json(*sorted[i]));
    }
    if (complete) {
        complete(items);
    }
    boost::json::object made{{"items", std::move(items)}, {"total", sorted.size()}};
    if (!wanted.empty() && sorted.empty()) {
        text::NearestSearch search(wanted);
        for (const Object& one : list) {
            search.offer(one.*control::Kind<Object>::kId);
        }
        if (!search.best().empty()) {
            made["nearest"] = search.best();
        }
    }
    return answer(made);
}

template <class Object>
HttpResponse create_object(control::PolicyService& policies, const HttpRequest& request) {
    const auto body = parse_body(request);
    const auto edit = edit_of(request);
    return !body   ? problem(body.error())
           : !edit ? problem(edit.error())
                   : committed(policies.create<Object>(*body, *edit), 201);
}

/// GET, PATCH or DELETE of one.
template <class Object>
HttpResponse one_object(control::PolicyService& policies,
                        const HttpRequest& request,
                        std::string_view id,
                        const Complete& complete = {}) {
    if (request.method == "GET") {
        const auto found = policies.get<Object>(id);
        return found ? answer_completed(control::to_json(*found), complete)
                     : problem(found.error());
    }
    const auto edit = edit_of(request);
    if (!edit) {
        return problem(edit.error());
    }
    if (request.method == "DELETE") {
        return committed(policies.erase<Object>(id, *edit));
    }
    const auto body = parse_body(request);
    return body ? committed(policies.set<Object>(id, *body, *edit)) : problem(body.error());
}

/// GET, POST of all; GET, PATCH, DELETE of one.
template <class Object>
HttpResponse collection(control::PolicyService& policies,
                        const HttpRequest& request,
                        const Complete& complete = {}) {
    if (!request.arguments.empty()) {
        return one_object<Object>(policies, request, request.arguments.front(), complete);
    }
    return request.method == "GET"
               ? list_objects(
                     policies.current().objects().*control::Kind<Object>::kList, request, complete)
               : create_object<Object>(policies, request);
}

}  // namespace isthmus::admin
