#!/usr/bin/env bash
# Packs the npm packages, installs them through a registry into a blank project and runs the quickstart there; then the command that they
# carry: a new project, the guide's contract under buf.
# The last line counts: N passed, N failed.
set -uo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
packages="$root/target/packaging/node"
tools="$root/target/venv-packaging"
work="$(mktemp -d)"
registry_pid=""

clean_up() {
    [ -n "$registry_pid" ] && kill "$registry_pid" 2>/dev/null
    rm -rf "$work"
}
trap clean_up EXIT

# shellcheck source=tests/packaging/checks.bash
source "$root/tests/packaging/checks.bash"
# shellcheck source=tests/packaging/projects.bash
source "$root/tests/packaging/projects.bash"

# npm with a cache and settings of its own, so that nothing on this machine helps.
blank_npm() {
    npm "$@" --no-audit --no-fund --no-update-notifier --loglevel=error
}

pack() {
    local program
    program="$(build_command)" && PATH="$tools/bin:$PATH" EVERACT_TARGET=x86_64-unknown-linux-gnu.2.17 "$root/sdk-node/build.sh" && node "$root/sdk-node/pack.mjs" "$packages" "$program" &&
        [ "$(ls "$packages"/*.tgz | wc -l)" -ge 2 ]
}

start_registry() {
    node "$root/tests/packaging/npm_registry.mjs" "$packages" "$(npm config get registry)" >"$work/address" &
    registry_pid=$!
    until [ -s "$work/address" ]; do
        kill -0 "$registry_pid" || return 1
        sleep 0.05
    done
    export npm_config_userconfig="$work/npmrc" npm_config_cache="$work/cache" npm_config_update_notifier=false
    npm_config_registry="$(cat "$work/address")" && export npm_config_registry
}

blank_project() {
    mkdir "$1" && cd "$1" && blank_npm init -y >/dev/null
}

install() {
    (blank_project "$work/project" && blank_npm install everact) && ls "$work/project/node_modules/@everact"
}

# As the README shows it: in TypeScript, then in JavaScript on the state of the former.
runs_the_quickstart() {
    cp "$root"/examples/quickstart/node/main.m?s "$work/project"
    (cd "$work/project" && compile --outDir typescript main.mts && counts_flights typescript/main.mjs 1 && counts_flights main.mjs 3 &&
        [ -f flights-data/everact.db ])
}

# Strict, with the compiler of this tree.
compile() {
    node "$root/sdk-node/node_modules/typescript/bin/tsc" --strict --exactOptionalPropertyTypes --noImplicitOverride \
        --module nodenext --target es2022 --lib es2022,esnext.disposable,dom "$@"
}

# Two runs of a program.
counts_flights() { # program, the first flight's number
    [[ "$(node "$1")" == "flight $2,"* ]] && [[ "$(node "$1")" == "flight $(($2 + 1)),"* ]]
}

works_in_commonjs() {
    (cd "$work/project" && node -e '
        const { Actor, Engine, handler } = require("everact");
        class Airport extends Actor { static handlers = { count: handler() }; flights = 0; count() { return this.flights; } }
        Engine.open("flights-data", { actors: [Airport] }).then(async (engine) => {
            const flights = await engine.actor("airport", "SFO").ask("count");
            await engine.close();
            process.exit(flights === 4 ? 0 : 1);
        });')
}

# `everact/proto` in both module systems, once the protobuf runtime is there; before that the error names it.
serves_generated_code() {
    (cd "$work/project" && ! node -e 'require("everact/proto")' 2>error.txt && grep -q "@bufbuild/protobuf" error.txt) || return 1
    mkdir -p "$work/project/node_modules/@bufbuild"
    cp -r "$root/sdk-node/node_modules/@bufbuild/protobuf" "$work/project/node_modules/@bufbuild"
    (cd "$work/project" && node -e '
        const { Actor } = require("everact");
        process.exit(require("everact/proto").Actor.prototype instanceof Actor ? 0 : 1);' && node --input-type=module -e '
        import { Actor } from "everact";
        import * as proto from "everact/proto";
        process.exit(proto.Actor.prototype instanceof Actor ? 0 : 1);')
}

# The types alone, as strict as they go, in both module systems.
types_hold() {
    cat >"$work/project/program.mts" <<'PROGRAM'
import { Actor, type Context, Engine, handler } from 'everact';
class Counter extends Actor {
  static override handlers = { add: handler({ message: 'integer' }), key: handler({ readOnly: true }) };
  value = 0;
  add(amount: number): number { return (this.value += amount); }
  key(_message: undefined, context: Context): string { return context.key; }
}
const engine = await Engine.open({ data: null, actors: [Counter] });
const sum: number = await engine.actor(Counter, 'a').add(1, { deadlineMs: 100 });
// @ts-expect-error a message of the wrong type
await engine.actor(Counter, 'a').add('1');
// @ts-expect-error no such handler
await engine.actor(Counter, 'a').subtract(1);
// @ts-expect-error not a handler
await engine.actor(Counter, 'a').ask('value');
export { sum };
PROGRAM
    echo "import { Engine } from 'everact'; export const open: Function = Engine.open;" >"$work/project/program.cts"
    (cd "$work/project" && compile --noEmit program.mts program.cts)
}

says_what_is_missing_without_the_library() {
    (blank_project "$work/bare" && blank_npm install --omit=optional everact) || return 1
    cp "$root/examples/quickstart/node/main.mjs" "$work/bare"
    (cd "$work/bare" && ! node main.mjs 2>error.txt && grep -q "optional dependency" error.txt &&
        fails_with 1 "install without --omit=optional" npx everact --version)
}

has_the_command() {
    needs_no_newer_glibc "$work"/project/node_modules/@everact/*/everact && (cd "$work/project" && is_the_command npx everact)
}

# The guide's contract and settings under buf, which finds the plugin on the PATH by its name. buf and protobuf-es are those of this tree.
is_bufs_plugin() {
    local guide="$root/docs/guide/contract.md" project="$work/project"
    mkdir -p "$project/proto/flights/v1" &&
        awk '/^```$/ && inside { exit } inside { print } /^```proto$/ { inside = 1 }' "$guide" >"$project/proto/flights/v1/airports.proto" &&
        awk '/^```$/ { to = "" } to { print >to } /^# buf.*yaml$/ { to = folder "/" $2 }' folder="$project" "$guide" &&
        (cd "$project" && PATH="$project/node_modules/.bin:$root/sdk-node/node_modules/.bin:$PATH" buf generate &&
            npx everact generate --lang typescript -I proto --out expected proto/flights/v1/airports.proto &&
            cmp expected/flights/v1/airports_everact.ts gen/flights/v1/airports_everact.ts && ls gen/flights/v1/airports_pb.ts gen/everact/v1/options_pb.ts)
}

# What buf wrote by the guide's settings, and the guide's call of it, as modules of Node.
the_guides_code_compiles() {
    local gen="$work/project/gen"
    echo '{"type": "module"}' >"$gen/package.json" && {
        echo "import { connect } from 'everact';"
        echo "import { AirportsReference, airportsKind } from './flights/v1/airports_everact.js';"
        awk '/^## / { section = $0 } /^```$/ { inside = 0 } inside { print } /^```ts$/ && section == "## Call it" { inside = 1 }' "$root/docs/guide/contract.md"
    } >"$gen/call.ts" && grep -q AirportsReference.connection "$gen/call.ts" &&
        (cd "$gen" && node "$root/sdk-node/node_modules/typescript/bin/tsc" --noEmit --strict --skipLibCheck --module nodenext --target es2022 \
            --lib es2022,esnext.disposable,dom call.ts flights/v1/*.ts everact/v1/*.ts)
}

check "the packages are packed" pack
check "a registry of these packages runs" start_registry
check "npm installs everact and its library into a blank project" install
check "its library runs on glibc 2.17 and newer" needs_no_newer_glibc "$work"/project/node_modules/@everact/*/*.node
check "the quickstart runs on the installed package, in TypeScript and JavaScript" runs_the_quickstart
check "the installed package works in CommonJS" works_in_commonjs
check "everact/proto says what it needs, and works with it" serves_generated_code
check "the installed types hold" types_hold
check "without the library's package the error says what to do" says_what_is_missing_without_the_library
check "npx runs the command" has_the_command
check_new_project "$work/javascript" javascript "$work/project/node_modules/.bin/everact"
check_new_project "$work/typescript" typescript --contract "$work/project/node_modules/.bin/everact"
check "under buf it is the plugin" is_bufs_plugin
check "what the guide's settings generate compiles under nodenext" the_guides_code_compiles
echo "the command: $(du -sk "$work"/project/node_modules/@everact/*/everact | cut -f1) KiB"
echo "installed size: $(du -sk "$work/project/node_modules" | cut -f1) KiB; packed: $(du -ck "$packages"/*.tgz | tail -1 | cut -f1) KiB"
finish
