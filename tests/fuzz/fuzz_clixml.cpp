// Files of PowerShell's Export-Clixml: read, and what they are here.
#include "cli/clixml.h"
#include "cli/lync_export.h"

#include <cstddef>
#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace isthmus::cli;
    const auto read = read_clixml(std::string(reinterpret_cast<const char*>(data), size));
    if (read) {
        LyncReader reader;
        reader.take(*read);
        (void)reader.finish();
    }
    return 0;
}
