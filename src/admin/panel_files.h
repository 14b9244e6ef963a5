// The control panel: files that were built from web/, embedded in the program, and how they are
// handed to a browser. They hold no data and are for everybody; what they show comes from the API.
#pragma once

#include "admin/http.h"

#include <span>
#include <string_view>

namespace isthmus::admin {

/// One file, in the codings in which it can be sent. `brotli` and `gzip` are empty where they would
/// not be shorter.
struct PanelFile {
    std::string_view path;  ///< "/assets/index-4f3a.js"
    std::string_view content_type;
    std::string_view etag;  ///< quoted, as in the header field
    bool is_immutable;      ///< its name changes with its content
    std::string_view plain;
    std::string_view gzip;
    std::string_view brotli;
};

/// What web/ was built into; defined by the file that the build makes of it.
std::span<const PanelFile> panel_data();

/// Whether the path is one that the panel's own router knows: they all get its one page.
bool is_panel_page(std::string_view path);

/// GET of a file, or of a page of the panel (RFC 9110 §8.8.3, §12.5.3); 404 for everything else.
HttpHandler make_panel(std::span<const PanelFile> files);

}  // namespace isthmus::admin
