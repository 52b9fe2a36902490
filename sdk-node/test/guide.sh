#!/usr/bin/env bash
# The TypeScript of the guide to processes as one program: what it defines, then what it does with an engine that has all kinds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
project=build/guide
rm -rf "$project"
mkdir -p "$project/node_modules"
ln -sfn ../../.. "$project/node_modules/everact"
echo '{ "type": "module" }' >"$project/package.json"
node --input-type=module - "$project/program.ts" <<'PROGRAM'
import { readFileSync, writeFileSync } from 'node:fs';
const guide = readFileSync('../docs/guide/processes.md', 'utf8');
const blocks = [...guide.matchAll(/^```ts\n(.*?)^```/gms)].map(([, text]) => text);
const defines = (text) => /extends Process|= process\(|= supervisor\(/.test(text);
const kinds = [...blocks.join('').matchAll(/^class (\w+)|^const (\w+) = process\(/gm)].map(([, one, two]) => one ?? two);
const program = [...blocks.filter(defines), ...blocks.filter((text) => !defines(text))].join('\n');
if (blocks.length < 10 || kinds.length < 6) throw new Error('the guide has lost its TypeScript');
writeFileSync(process.argv[2], program.replace('processes: [Counter]', `processes: [${kinds.join(', ')}]`));
PROGRAM
node_modules/.bin/tsc --ignoreConfig --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --noImplicitOverride \
    --module nodenext --target es2022 --lib es2023,esnext.disposable --types node --outDir "$project/out" "$project/program.ts"
cp "$project/package.json" "$project/out"
node "$project/out/program.js" >"$project/printed"
grep -qx 'normal' "$project/printed"
