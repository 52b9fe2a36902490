# Sourced by the suites of this folder: the command as releases build it, and new projects that are run by the very commands they name.
# Uses the suite's `root` and `tools`.

# The linker that makes one program for every glibc since 2.17, and what makes wheels.
install_tools() {
    [[ -x $tools/bin/python ]] || python3 -m venv "$tools" || return 1
    "$tools/bin/python" -m pip install --quiet --disable-pip-version-check -r "$root/tests/packaging/requirements-python.txt"
}

# Prints where the command is.
build_command() {
    install_tools && PATH=$tools/bin:$PATH EVERACT_TARGET=x86_64-unknown-linux-gnu.2.17 "$root/core/cli/build.sh"
}

# Puts the command on the PATH, where users of Go and the JVM have it.
installs_the_command() {
    local program
    program=$(build_command) && PATH=$(dirname "$program"):$PATH
}

# A command that fails: its exit code, and what it says on standard error.
fails_with() { # code text command...
    local code=$1 text=$2 said
    shift 2
    said=$("$@" 2>&1 >/dev/null)
    [[ $? == "$code" && $said == *"$text"* ]]
}

# However it is reached, the program itself answers: its words, its exit codes.
is_the_command() { # command...
    [[ $("$@" --version) == "everact "* ]] && fails_with 2 "unrecognized subcommand 'fly'" "$@" fly &&
        fails_with 1 "error: Unreachable: " "$@" describe --address http://127.0.0.1:1
}

# The oldest glibc that a program or library asks for is 2.17, or none.
needs_no_newer_glibc() { # file
    local newest
    newest=$(grep -aoE 'GLIBC_[0-9.]+' "$1" | sort -uV | tail -n 1)
    printf '%s: newest symbol %s\n' "$(basename "$1")" "$newest"
    [[ -s $1 && $(printf '%s\nGLIBC_2.17\n' "$newest" | sort -V | tail -n 1) == GLIBC_2.17 ]]
}

# Makes the project `airports` in a folder. Its page begins with the steps that the command told.
makes_a_project() { # folder command...
    local folder=$1 told
    shift
    mkdir -p "$folder" && (cd "$folder" && "$@" airports >"$folder/told") || return 1
    told=$(sed -n 's/^  //p' "$folder/told")
    [[ $(head -n 1 <<<"$told") == "cd ./airports" && $(tail -n +2 <<<"$told") == "$(page "$folder" 1)" ]]
}

# The commands of a project's page, by paragraph: 1 the steps, the last of which serves; 2 a call and a description; 3 how a contract's code is written.
page() { # folder paragraph
    awk -v wanted="$2" '/^    / { if (!inside) { at++; inside = 1 } if (at == wanted) print substr($0, 5); next } { inside = 0 }' "$1/airports/README.md"
}

# Runs commands that come one a line, in the project's folder.
follows() { # folder
    local step
    while read -r step; do
        printf '$ %s\n' "$step"
        (cd "$1/airports" && bash -c "$step") </dev/null || return 1
    done
}

# All steps but the last: the project installs, builds and passes its own tests. They leave the data alone that the environment names for the program.
passes_its_tests() { # folder
    page "$1" 1 | head -n -1 | EVERACT_DATA=$1/production follows "$1" && [[ ! -e $1/production ]]
}

# The page's command that serves.
serving() { # folder
    page "$1" 1 | tail -n 1
}

# What the page says about a contract that changes writes the very code that the project came with.
writes_its_code_again() { # folder
    local name names
    mapfile -t names < <(cd "$1/airports" && grep -rl --exclude-dir={node_modules,target,dist,.venv} 'enerated by protoc-gen-everact' .)
    ((${#names[@]} > 0)) && mkdir "$1/came" && (cd "$1/airports" && cp --parents "${names[@]}" "$1/came" && rm "${names[@]}") || return 1
    page "$1" 3 | follows "$1" || return 1
    for name in "${names[@]}"; do
        cmp "$1/came/$name" "$1/airports/$name" || return 1
    done
}

# Serves a project by a command, on a port that the system chooses, as the leader of a group of processes. Sets `served` and `address`.
serve() { # folder command
    printf '$ %s\n' "$2"
    : >"$1/said" # what it said the last time is no answer
    (cd "$1/airports" && EVERACT_LISTEN=127.0.0.1:0 exec setsid bash -c "exec $2") </dev/null >"$1/said" 2>"$1/stderr" &
    served=$!
    local until=$((SECONDS + 300))
    until address=$(sed -n 's/^listening on //p' "$1/said") && [[ -n $address ]]; do
        [[ $SECONDS -lt $until ]] && kill -0 "$served" 2>/dev/null || {
            cat "$1/stderr"
            return 1
        }
        sleep 0.05
    done
}

# The page's other commands, from another terminal.
answers() { # folder
    local call describe said
    { read -r call && read -r describe; } < <(page "$1" 2)
    local reply='12(\.0)?' kind='airport (durable, json)' reads=count writes=landed
    [[ $call != *Airports/Landed* ]] || { reply='.*"meanDelay": 12.*' kind='airports (durable, protobuf, flights.v1.Airports)' reads=summary; }
    said=$(cd "$1/airports" && EVERACT_ADDRESS=$address bash -c "$call") && printf '$ %s\n%s\n' "$call" "$said" && [[ $said =~ ^$reply$ ]] || return 1
    said=$(cd "$1/airports" && EVERACT_ADDRESS=$address bash -c "$describe") && printf '$ %s\n%s\n' "$describe" "$said" &&
        grep -qF "$kind" <<<"$said" && grep -q "^  $reads  read-only" <<<"$said" && grep -q "^  $writes" <<<"$said"
}

# The signal that ends services reaches the program behind the command: nobody listens any more.
ends_with_its_signal() { # process, or group with a minus before it
    kill -TERM -- "$1" || return 1
    timeout 20 tail --pid "$served" -f /dev/null || return 1
    local tries
    for tries in $(seq 100); do
        (: </dev/tcp/"${address%:*}"/"${address##*:}") 2>/dev/null || return 0
        sleep 0.1
    done
    printf 'after %s tries something still listens on %s\n' "$tries" "$address"
    return 1
}

# A new project of a language, with a contract or without: made by the command, then only what its page says. The environment says where packages come from.
check_new_project() { # folder language, then `--contract` or nothing, then command...
    local folder=$1 make title=$2
    if [[ $3 == --contract ]]; then
        title="$2 with a contract"
        make=("${@:4}" new --contract --lang "$2")
    else
        make=("${@:3}" new --lang "$2")
    fi
    check "$title: everact new makes a project" makes_a_project "$folder" "${make[@]}"
    check "$title: it installs, builds and passes its tests" passes_its_tests "$folder"
    check "$title: everact serve runs it" serve "$folder" "$(serving "$folder")"
    check "$title: everact call gets an answer, everact describe shows it" answers "$folder"
    # As from a terminal and as systemd does it: all get the signal. npx would keep it to itself.
    check "$title: a signal ends it" ends_with_its_signal "-$served"
    check "$title: it runs again" serve "$folder" "$(serving "$folder" | sed 's|^npx |node_modules/.bin/|')"
    check "$title: what was called is stored" grep -q '^SFO has seen 1 flights$' "$folder/said"
    check "$title: a signal for the command alone ends it" ends_with_its_signal "$served"
    [[ $3 != --contract ]] || check "$title: its page tells how to write its code again" writes_its_code_again "$folder"
}
