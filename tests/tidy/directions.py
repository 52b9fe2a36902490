"""Rules about who may import whom."""

import re

from tree import ROOT, sources, text, tracked

# Ranks as in docs/adr/0001-layers.md: an import goes to a lower rank only.
RANKS = {
    "everact-kernel": 0,
    "everact-sqlite": 0,
    "everact-store": 1,
    "everact-protocol": 1,
    "everact": 2,
    "everact-sim": 2,
    "everact-gateway": 3,
    "everact-boundary": 4,
    "everact-codegen": 1,
    "everact-cli": 5,
}
BINDING_RANK = 5
# Binds the store to SQLite's C interface, below the core instead of above it (docs/adr/0006-page-checksums.md).
STORE_BINDING = "everact-sqlite"
# Words that would give the kernel time, threads or I/O.
WORLD = re.compile(r"std::(fs|net|thread|process|env)\b|Instant::now|SystemTime|\basync fn\b|\.await\b|tokio|parking_lot|println!|eprintln!")
# The one place of the engine that asks the system for the time (docs/adr/0012-machine-and-drivers.md).
SYSTEM_CLOCK = "core/engine/src/clock/system.rs"
TIME = re.compile(r"\b(Instant|SystemTime)\b")
SDKS = ["python", "node", "go", "jvm"]


def manifests():
    """The crates: path, name and for each kind of dependency the names."""
    for path in tracked():
        if path.name == "Cargo.toml" and len(path.parts) == 3 and path.parts[0] in ("core", "bindings"):
            yield path, *read_manifest(text(path))


def read_manifest(toml):
    """Name, dependencies and dev-dependencies of a crate (of TOML just what manifests use)."""
    section, name, found = "", "", {"dependencies": set(), "dev-dependencies": set()}
    for line in toml.splitlines():
        header = re.fullmatch(r"\[(.+)\]", line.strip())
        if header:
            section = header[1]
            inner = re.fullmatch(r"(?:.*\.)?(dependencies|dev-dependencies)\.([\w-]+)", section)
            if inner:
                found[inner[1]].add(inner[2])
            continue
        entry = re.match(r"([\w-]+)(?:\.workspace)?\s*=", line)
        if section == "package" and entry and entry[1] == "name":
            name = line.split('"')[1]
        for kind in found:
            if entry and (section == kind or section.endswith("." + kind)):
                found[kind].add(entry[1])
    return name, found["dependencies"], found["dev-dependencies"]


def crates_import_downwards_only():
    for path, name, dependencies, tests in manifests():
        rank = RANKS.get(name, BINDING_RANK)
        if path.parts[0] == "core" and name not in RANKS:
            yield f"{path}: {name} has no rank in tests/tidy/directions.py"
        for other in dependencies & RANKS.keys():
            if RANKS[other] >= rank:
                yield f"{path}: {name} (rank {rank}) imports {other} (rank {RANKS[other]})"
        for other in tests & RANKS.keys():
            if RANKS[other] > rank:
                yield f"{path}: the tests of {name} (rank {rank}) import {other} (rank {RANKS[other]})"


def bindings_import_the_boundary_only():
    for path, name, dependencies, _ in manifests():
        if path.parts[0] != "bindings":
            continue
        ours = {other for other in dependencies if other.startswith("everact")}
        if name == STORE_BINDING:
            if ours:
                yield f"{path}: imports {', '.join(sorted(ours))}; below the core nothing of ours is imported"
        elif ours != {"everact-boundary"}:
            yield f"{path}: imports {', '.join(sorted(ours)) or 'nothing of ours'}; a binding imports everact-boundary"


def crates_inherit_the_workspaces_lints():
    for path, *_ in manifests():
        if not re.search(r"^\[lints\]\nworkspace = true", text(path), re.M):
            yield f"{path}: [lints] workspace = true is missing"


def the_kernel_has_no_clock_thread_or_disk():
    for path in sources():
        if not str(path).startswith("core/kernel/src/"):
            continue
        for at, line in enumerate(text(path).splitlines(), 1):
            if WORLD.search(line.split("//")[0]):
                yield f"{path}:{at}: {line.strip()}"


def the_engine_asks_its_clock_only():
    """So that an engine on a clock that a driver moves does not notice how long anything takes. Its tests measure real time."""
    for path in sources():
        if not str(path).startswith("core/engine/src/") or str(path) == SYSTEM_CLOCK:
            continue
        for at, line in enumerate(text(path).split("#[cfg(test)]\nmod tests")[0].splitlines(), 1):
            if TIME.search(line.split("//")[0]):
                yield f"{path}:{at}: {line.strip()}"


def sdks_do_not_know_one_another():
    for own in SDKS:
        others = re.compile("|".join(rf"\bsdk-{other}/" for other in SDKS if other != own))
        for path in sources():
            if path.parts[0] == f"sdk-{own}" and others.search((ROOT / path).read_text(errors="replace")):
                yield f"{path}: names another SDK's folder"
