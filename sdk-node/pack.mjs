/**
 * Makes the packages as they are published: pack.mjs FOLDER COMMAND
 *
 * One tarball for `everact`, one for each platform's library and the command, which core/cli/build.sh builds. Only here the
 * main package names the platform packages as optional dependencies: in the source tree they are links, and a lock file must
 * not look for them in a registry.
 */

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [target, command] = process.argv.slice(2);
if (command === undefined) {
  throw new Error('usage: pack.mjs FOLDER COMMAND');
}
const out = resolve(target);
const program = { from: resolve(command), to: 'everact' };
const licence = { from: '../LICENSE', to: 'LICENSE' };
process.chdir(import.meta.dirname);
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

/** Copies a package's files, writes its package.json, makes its tarball. */
function pack(name, files, description) {
  const stage = join(out, 'stage', name);
  mkdirSync(stage, { recursive: true });
  for (const file of files) {
    cpSync(file.from, join(stage, file.to), { recursive: true });
  }
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(description, null, 2)}\n`);
  execFileSync('npm', ['pack', '--silent', '--pack-destination', out], { cwd: stage, stdio: 'inherit' });
}

const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
const platforms = readdirSync('platforms').map((name) => [name, read(`platforms/${name}/package.json`)]);
for (const [name, description] of platforms) {
  const library = { from: `platforms/${name}/${description.main}`, to: description.main };
  pack(name, [library, program, licence], description);
}

const main = read('package.json');
delete main.devDependencies;
delete main.scripts;
main.optionalDependencies = Object.fromEntries(platforms.map(([, { name, version }]) => [name, version]));
const files = ['bin', 'dist', 'README.md'].map((file) => ({ from: file, to: file }));
// What contracts import, for a protoc or buf that is not ours.
const options = { from: '../proto/everact/v1/options.proto', to: 'proto/everact/v1/options.proto' };
pack('everact', [...files, options, licence], main);
rmSync(join(out, 'stage'), { recursive: true });
