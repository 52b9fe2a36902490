/**
 * A package registry of some tarballs, as far as `npm install` needs one: npm_registry.mjs FOLDER REGISTRY
 *
 * Prints its address once it listens. For packages that are none of the folder's it sends to the registry named.
 */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const [folder, elsewhere] = process.argv.slice(2);

/** Name -> what the registry answers about it, but for the address of its tarball. */
function readPackages() {
  const packages = new Map();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.tgz'))) {
    const manifest = execFileSync('tar', ['xzOf', join(folder, file), 'package/package.json'], {
      encoding: 'utf8',
    });
    const description = JSON.parse(manifest);
    const bytes = readFileSync(join(folder, file));
    const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
    packages.set(description.name, { description, file, integrity });
  }
  return packages;
}

/** The document of a package, for whom it reached the registry under this host. */
function describe({ description, file, integrity }, host) {
  const { name, version } = description;
  const dist = { integrity, tarball: `http://${host}/-/${file}` };
  return JSON.stringify({
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...description, dist } },
  });
}

const packages = readPackages();
const server = createServer((request, response) => {
  const path = decodeURIComponent(request.url.slice(1));
  if (path.startsWith('-/') && readdirSync(folder).includes(path.slice(2))) {
    response.end(readFileSync(join(folder, path.slice(2))));
    return;
  }
  const found = packages.get(path);
  if (found === undefined) {
    response.writeHead(302, { location: new URL(request.url.slice(1), elsewhere).href });
    response.end();
    return;
  }
  response.setHeader('content-type', 'application/json');
  response.end(describe(found, request.headers.host));
});
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
