/**
 * Builds the package: one CommonJS file, an ES module over it, the same twice for `everact/proto`, and the types of all.
 *
 * The ES module only re-exports, so that a program which loads both ways has one engine and one set of error classes.
 * `everact/proto` is there as both, each over the protobuf runtime of its own module system, so that messages, and the code
 * generated for them, have one copy of it.
 * build.sh makes the native library and names it; here it is put into its platform's package, and
 * that into node_modules, where a user's package manager puts it too.
 */

import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { build } from 'esbuild';

process.chdir(import.meta.dirname);
const require = createRequire(import.meta.url);

const [library, ...flags] = process.argv.slice(2);
if (library === undefined) {
  throw new Error('usage: build.sh [--tests]');
}

/** The package's code and types in dist/, which is replaced at once: a program may be starting from it. */
async function buildPackage() {
  const folder = 'build/dist';
  rmSync(folder, { recursive: true, force: true });
  await build({
    entryPoints: ['src/index.ts'],
    outfile: `${folder}/index.js`,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
  });
  const compile = [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.types.json', '--outDir', folder];
  execFileSync(process.execPath, compile, { stdio: 'inherit' });
  writeFileSync(`${folder}/index.d.mts`, "export * from './index.js';\n");
  const names = Object.keys(require(`./${folder}/index.js`));
  const lines = names.map((name) => `export const ${name} = everact.${name};\n`);
  writeFileSync(`${folder}/index.mjs`, `import everact from './index.js';\n\n${lines.join('')}`);
  await buildProto(folder, 'cjs', 'js');
  await buildProto(folder, 'esm', 'mjs');
  writeFileSync(`${folder}/proto/index.d.mts`, "export * from './index.js';\n");
  rmSync('dist', { recursive: true, force: true });
  renameSync(folder, 'dist');
}

/** `everact/proto` for one module system. */
async function buildProto(folder, format, extension) {
  const fromPackage = {
    name: 'from the package',
    setup(building) {
      // What has an identity (the base class, the errors) comes from the package itself.
      building.onResolve({ filter: /^\.\.\/(actor|errors)\.js$/ }, () => ({
        path: `./index.${extension}`,
        external: true,
        sideEffects: false,
      }));
    },
  };
  await build({
    entryPoints: ['src/proto/index.ts'],
    outfile: `${folder}/proto.${extension}`,
    bundle: true,
    packages: 'external',
    plugins: [fromPackage],
    platform: 'node',
    format,
    target: 'node20',
  });
}

/** The native library in its platform's package, and a link to that in node_modules. */
function placeLibrary() {
  // A new file, not new bytes in the old one: a process that runs has the old one mapped.
  copyFileSync(library, 'platforms/linux-x64-gnu/everact.node.new');
  renameSync('platforms/linux-x64-gnu/everact.node.new', 'platforms/linux-x64-gnu/everact.node');
  mkdirSync('node_modules/@everact', { recursive: true });
  for (const platform of readdirSync('platforms')) {
    const link = `node_modules/@everact/core-${platform}`;
    rmSync(link, { recursive: true, force: true });
    symlinkSync(`../../platforms/${platform}`, link);
  }
}

/** The tests in build/, as modules that Node runs. */
async function buildTests() {
  execFileSync('./generate.sh', { stdio: 'inherit' });
  mkdirSync('build', { recursive: true });
  readdirSync('build')
    .filter((name) => name.endsWith('.test.mjs'))
    .forEach((name) => {
      rmSync(`build/${name}`);
    });
  await build({
    entryPoints: readdirSync('test')
      .filter((name) => name.endsWith('.test.ts') || ['server.ts', 'pool_actors.ts'].includes(name))
      .map((name) => `test/${name}`),
    outdir: 'build',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
  });
}

/** Whether the package is older than what it is made from. A fresh one is left alone: a program may be running from it. */
function isStale() {
  if (!existsSync('dist/index.mjs') || !existsSync('node_modules/@everact')) {
    return true;
  }
  if (statSync(library).size !== statSync('platforms/linux-x64-gnu/everact.node').size) {
    return true;
  }
  const built = statSync('dist/index.mjs').mtimeMs;
  const sources = readdirSync('src', { recursive: true }).map((name) => join('src', name));
  return [...sources, 'build.mjs', 'package-lock.json', library].some(
    (path) => statSync(path).mtimeMs > built,
  );
}

if (isStale()) {
  placeLibrary();
  await buildPackage();
}
if (flags.includes('--tests')) {
  await buildTests();
}
