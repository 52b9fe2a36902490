"""Rules about lock files. Licences and sources are cargo-deny's matter: deny.toml, `make deny`."""

import re

from tree import text, tracked

LOCKS = {"Cargo.toml": "Cargo.lock", "package.json": "package-lock.json", "go.mod": "go.sum"}
NEEDS = {"Cargo.toml": "", "package.json": r'"(devD|d|optionalD)ependencies"', "go.mod": r"^\s*require\b"}


def dependencies_are_locked():
    """The workspace's Cargo.toml, each package.json and each go.mod that needs something has its lock file beside it."""
    known = {str(path) for path in tracked()}
    for path in tracked():
        if path.name not in LOCKS or (path.name == "Cargo.toml" and len(path.parts) > 1):
            continue
        lock = str(path.parent / LOCKS[path.name])
        if lock not in known and re.search(NEEDS[path.name], text(path), re.M):
            yield f"{path}: {lock} is missing"
