/**
 * Builds the package: one CommonJS file, an ES module over it, and the types of both.
 *
 * The ES module only re-exports, so that a program which loads both ways has one engine and one set of error classes.
 */

import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { build } from 'esbuild';

process.chdir(import.meta.dirname);
rmSync('dist', { recursive: true, force: true });
mkdirSync('dist');

await build({
  entryPoints: ['src/index.ts'],
  outfile: 'dist/index.js',
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
});

const typescript = createRequire(import.meta.url).resolve('typescript/bin/tsc');
execFileSync(process.execPath, [typescript, '-p', 'tsconfig.types.json'], { stdio: 'inherit' });
writeFileSync('dist/index.d.mts', "export * from './index.js';\n");

const library = '../target/release/libreenact_node.so';
if (existsSync(library)) {
  copyFileSync(library, 'platforms/linux-x64-gnu/reenact.node');
}

const names = Object.keys(createRequire(import.meta.url)('./dist/index.js'));
const lines = names.map((name) => `export const ${name} = reenact.${name};\n`);
writeFileSync('dist/index.mjs', `import reenact from './index.js';\n\n${lines.join('')}`);
