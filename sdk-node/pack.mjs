/**
 * Makes the packages as they are published: pack.mjs FOLDER
 *
 * One tarball for `reenact`, one for each platform's library. Only here the main package names the platform packages as
 * optional dependencies: in the source tree they are links, and a lock file must not look for them in a registry.
 */

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [target] = process.argv.slice(2);
if (target === undefined) {
  throw new Error('usage: pack.mjs FOLDER');
}
const out = resolve(target);
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
  pack(name, [library, { from: '../LICENSE', to: 'LICENSE' }], description);
}

const main = read('package.json');
delete main.devDependencies;
delete main.scripts;
main.optionalDependencies = Object.fromEntries(platforms.map(([, { name, version }]) => [name, version]));
const files = ['dist', 'README.md'].map((file) => ({ from: file, to: file }));
pack('reenact', [...files, { from: '../LICENSE', to: 'LICENSE' }], main);
rmSync(join(out, 'stage'), { recursive: true });
