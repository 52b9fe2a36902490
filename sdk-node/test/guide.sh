#!/usr/bin/env bash
# The TypeScript of each guide as one program: what it defines, then what it does with an engine that has all its kinds. Lines such as
# `console.log(await counter.add(2)); // 8` print what they say.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
project=build/guide
rm -rf "$project"
mkdir -p "$project/node_modules"
ln -sfn ../../.. "$project/node_modules/everact"
echo '{ "type": "module" }' >"$project/package.json"
guides=(processes behaviours supervision live)
for guide in "${guides[@]}"; do
    node --input-type=module - "$guide" "$project/$guide.ts" <<'PROGRAM'
import { readFileSync, writeFileSync } from 'node:fs';
const [name, to] = process.argv.slice(2);
const guide = readFileSync(`../docs/guide/${name}.md`, 'utf8');
const blocks = [...guide.matchAll(/^```ts\n(.*?)^```/gms)].map(([, text]) => text);
const defines = (text) => /^(abstract )?class |= (process|eventManager)\(/m.test(text);
const kind = /^class (\w+) extends (?:Process|Server|StateMachine)\b|^const (\w+) = (?:process|eventManager)\(/gm;
const kinds = [...blocks.join('').matchAll(kind)].map(([, one, two]) => one ?? two);
const program = [...blocks.filter(defines), ...blocks.filter((text) => !defines(text))].join('\n');
if (blocks.length < 2 || kinds.length < 1) throw new Error(`${name}.md has lost its TypeScript`);
writeFileSync(to, program.replace(/processes: \[\w+\]/, `processes: [${kinds.join(', ')}]`));
PROGRAM
done
node_modules/.bin/tsc --ignoreConfig --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --noImplicitOverride \
    --module nodenext --target es2022 --lib es2023,esnext.disposable --types node --outDir "$project/out" "$project"/*.ts
cp "$project/package.json" "$project/out"
for guide in "${guides[@]}"; do
    node "$project/out/$guide.js" >"$project/$guide.printed"
    node --input-type=module - "$project/$guide" <<'CHECK'
import { readFileSync } from 'node:fs';
const [path] = process.argv.slice(2);
const said = [...readFileSync(`${path}.ts`, 'utf8').matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
const printed = readFileSync(`${path}.printed`, 'utf8').split('\n');
let at = 0;
for (const text of said) {
  const found = printed.findIndex((line, index) => index >= at && line !== '' && text.startsWith(line));
  if (found < 0) throw new Error(`${path}: "${text}" is not printed after line ${at}:\n${printed.join('\n')}`);
  at = found + 1;
}
CHECK
done
