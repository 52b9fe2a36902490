#!/usr/bin/env bash
# The published types as programs see them: generated code and its user, as ES modules and as CommonJS, as strict as it goes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
for kind in module commonjs; do
    project="build/types-$kind"
    rm -rf "$project"
    mkdir -p "$project/node_modules"
    cp -r test/gen test/airports.ts "$project"
    cat >"$project/program.ts" <<'PROGRAM'
import { Engine } from 'everact';
import { Airports } from './airports.js';
import { AirportsReference } from './gen/flights/v1/airports_everact.js';
async function main(): Promise<void> {
  const engine = await Engine.open({ data: null, actors: [Airports] });
  const sfo = new AirportsReference(engine, 'SFO');
  const { flights } = await sfo.landed({ flight: { number: 'LH 454', delay: 12 } });
  console.log(String(flights));
  // @ts-expect-error no such field
  await sfo.landed({ flght: {} });
  // @ts-expect-error one request where a list is asked for
  await sfo.upload({ airport: 'SFO' }).catch(() => undefined);
  await engine.close();
}
void main();
PROGRAM
    echo "{ \"type\": \"$kind\" }" >"$project/package.json"
    ln -sfn ../../.. "$project/node_modules/everact"
    node_modules/.bin/tsc --ignoreConfig --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --noImplicitOverride \
        --module nodenext --target es2022 --lib es2023,esnext.disposable --types node --outDir "$project/out" "$project/program.ts"
    cp "$project/package.json" "$project/out"
    [ "$(node "$project/out/program.js")" = 1 ]
done
