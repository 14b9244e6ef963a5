// "isthmus cs CMDLET ..." and programs named like a cmdlet: what belongs to the cmdlet is taken
// from the command line before the flags of the program are read, because -TlsNegotiation is no
// flag of ours.
#pragma once

#include <string>
#include <vector>

namespace isthmus::cli {

class Program;

struct CommandLine {
    CommandLine(int count, const char* const* arguments);

    /// The program's own, with "cs" last if there is a cmdlet.
    std::vector<std::string> own;
    std::vector<std::string> cmdlet;
    bool is_cmdlet = false;
};

void add_cs_command(Program& program, const CommandLine& line);

}  // namespace isthmus::cli
