// What the shells run. They know nothing of the commands: they ask the program.
#include "cli/completion.h"
#include "cli/program.h"

#include <fmt/format.h>

namespace isthmus::cli {

namespace {

// The words are cut anew from the line: bash itself also cuts them at each : = and @, which stand
// in our names. What it would put in is what stands behind the last of them.
constexpr std::string_view kBash =
    R"(# isthmus completion bash: source it, or put it where bash-completion looks
_isthmus() {
    local line=${COMP_LINE:0:COMP_POINT} candidate cut
    local -a words found
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=('')
    local typed=${words[${#words[@]}-1]}
    mapfile -t found < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
    COMPREPLY=()
    if [[ ${found[0]} == :files ]]; then
        compopt -o default 2>/dev/null
        return
    fi
    cut=${typed%"${typed##*[:=@]}"}
    for candidate in "${found[@]}"; do
        candidate=${candidate%%$'\t'*}
        case $candidate in
            "$cut"*) candidate=${candidate:${#cut}} ;;
        esac
        printf -v candidate %q "$candidate"
        COMPREPLY+=("$candidate")
    done
}
complete -F _isthmus isthmus
)";

constexpr std::string_view kZsh = R"(#compdef isthmus
# isthmus completion zsh: source it, or put it as _isthmus into a folder of $fpath
_isthmus() {
    local -a found described
    local line
    found=("${(@f)$("${(Q)words[1]}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ $found[1] == :files ]]; then
        _files
        return
    fi
    for line in "${found[@]}"; do
        [[ -z $line ]] && continue
        if [[ $line == *$'\t'* ]]; then
            described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
        else
            described+=("${line//:/\\:}")
        fi
    done
    (( ${#described} )) && _describe -t isthmus isthmus described
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _isthmus "$@"
else
    compdef _isthmus isthmus
fi
)";

constexpr std::string_view kFish =
    R"(# isthmus completion fish: source it, or put it as isthmus.fish into ~/.config/fish/completions
function __isthmus_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct | string collect --allow-empty)
    set -l found ($words[1] __complete $words[2..-1] "$typed" 2>/dev/null)
    if test "$found[1]" = ":files"
        __fish_complete_path "$typed"
    else
        printf '%s\n' $found
    end
end
complete -c isthmus -f -a '(__isthmus_complete)'
)";

}  // namespace

std::string_view completion_script(std::string_view shell) {
    return shell == "bash"   ? kBash
           : shell == "zsh"  ? kZsh
           : shell == "fish" ? kFish
                             : std::string_view();
}

void add_completion_command(Program& program) {
    program.word(program.command("completion",
                                 "print what makes a shell complete our words (offline)",
                                 [&program] {
                                     const std::string_view script =
                                         completion_script(program.given("SHELL"));
                                     if (script.empty()) {
                                         throw NotUsable({"there is no script for that shell",
                                                          "only for bash, zsh and fish",
                                                          "isthmus completion bash"});
                                     }
                                     fmt::print("{}", script);
                                     return 0;
                                 }),
                 "SHELL",
                 "bash, zsh or fish");
}

}  // namespace isthmus::cli
