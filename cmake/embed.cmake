# cmake -D FROM=FILE -D TO=FILE.cpp -D HEADER=admin/x.h -D NAME=isthmus::admin::x -P embed.cmake
# Makes a function NAME() that answers the octets of a file as a string_view.
file(READ ${FROM} octets HEX)
string(REGEX REPLACE "(................................)" "\\1\n" octets "${octets}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," octets "${octets}")
file(WRITE ${TO} "#include \"${HEADER}\"

namespace {

constexpr char kOctets[] = {
${octets}
};

}  // namespace

std::string_view ${NAME}() {
    return {kOctets, sizeof kOctets};
}
")
