"""Rules about what grows: fields of kernel and engine have a bound, bounds are used, locks are those that loom knows."""

import re

from documents import settings
from source import listed
from tree import ROOT, sources, text

ROOMS = ("core/kernel/src/", "core/engine/src/")
BOUNDS = "core/kernel/src/limits/bounds.rs"
QUEUES_AND_MAPS = "VecDeque|HashMap|HashSet|BTreeMap|BTreeSet|BinaryHeap|HashTable|LinkedList"
# A collection that a field owns: not one behind a reference, not bytes.
OWNED = r"(?<!&)(?<!&mut )(?<!&'\w )(?<!&'\w mut )\b"
COLLECTION = re.compile(rf"{OWNED}(?:{QUEUES_AND_MAPS}|(Vec)(?!<u8>))<")
MARK = re.compile(r"// bound: (.+?)\.?$")
# What a list may say in place of a name: it never grows after it was made, or lives no longer than the call that returns it.
WITHOUT_A_NAME = {"made once", "one call"}
ITEM = re.compile(r"^[ \t]*(?:pub(?:\([^)]*\))? )?(?:(?:struct|enum|union) \w+|static (?:mut )?\w+ *:|type \w+)", re.M)


def rooms():
    """The sources of kernel and engine, without their tests."""
    for path in sources():
        if path.suffix == ".rs" and str(path).startswith(ROOMS) and not {"tests", "interleavings"} & set(path.with_suffix("").parts):
            yield path, re.split(r"^#\[cfg\(test\)\]\n(?:pub(?:\([^)]*\))? )?mod \w+ \{", text(path), flags=re.M)[0]


def declarations(code):
    """(first line, kind, name, text) of each struct, enum, static and type: all that a field's type is written in."""
    blank = re.sub(r"//[^\n]*", lambda comment: " " * len(comment[0]), code)
    for match in ITEM.finditer(blank):
        depth, at = 0, match.end()
        # To the end of the item: its closing bracket, or the semicolon or value behind its type.
        while at < len(blank):
            sign = blank[at]
            if sign in "{(<[":
                depth += 1
            elif sign in "})]" or (sign == ">" and blank[at - 1] not in "-="):
                depth -= 1
                if sign == "}" and depth == 0:
                    break
            elif depth == 0 and sign == ";" or (depth == 0 and sign == "=" and "static" in match[0]):
                break
            at += 1
        kind, name = re.search(r"(struct|enum|union|static|type) (?:mut )?(\w+)", match[0]).groups()
        yield code.count("\n", 0, match.start()), kind, name, blank[match.start() : at + 1]


def bare(declared):
    """(line, whether it is a list) of each place where a declaration owns a collection that no Bounded holds."""
    # What a function takes or gives is not held.
    declared = re.sub(r"\bFn\w*\([^()]*\)(?: -> [^;{]*)?", lambda function: re.sub(r"\w", "_", function[0]), declared)
    held = re.sub(r"Bounded<\s*(?:[\w:]+::)?\w+<", lambda head: re.sub(r"\w", "_", head[0]), declared)
    return {(held.count("\n", 0, match.start()), bool(match[1])) for match in COLLECTION.finditer(held)}


def fields_without_a_bound():
    """(path, line, text) of each field in kernel and engine that owns a collection, if no type and no mark gives it a bound."""
    found, aliases, uses = set(), {}, []
    for path, code in rooms():
        lines = code.splitlines()
        for first, kind, name, declared in declarations(code):
            offences = bare(declared)
            if kind == "type" and offences:
                # As strict as the strictest collection in it.
                aliases[path.parts[:2], name] = all(is_list for _, is_list in offences)
            if kind != "type":
                uses.append((path, lines, first, declared, offences))
    names = known_bounds() | WITHOUT_A_NAME
    for path, lines, first, declared, offences in uses:
        own = set(re.findall(r"^const (\w+):", text(path), re.M))
        named = re.finditer(rf"{OWNED}(?<!struct )(?<!enum )[A-Z]\w*", declared)
        at = {(declared.count("\n", 0, match.start()), aliases.get((path.parts[:2], match[0]))) for match in named}
        for line, is_list in offences | {(line, is_list) for line, is_list in at if is_list is not None}:
            if not (is_list and is_marked(lines, first + line, names | own)):
                found.add((path, first + line, lines[first + line]))
    return sorted(found)


def is_marked(lines, at, names):
    """Whether a field's line, or the comment right above it, says what bounds the list."""
    while True:
        mark = MARK.search(lines[at])
        if mark:
            return mark[1] in names
        at -= 1
        if at < 0 or not lines[at].strip().startswith("//"):
            return False


def rows():
    """The names of the bounds that are listed."""
    return re.findall(r"^    (\w+): \w+, (?:at_most|governed_by)\(", text(BOUNDS), re.M)


def known_bounds():
    """All that can bound a list: rows, constants, settings."""
    return set(rows()) | set(re.findall(r"^pub const (\w+):", text("core/kernel/src/limits.rs"), re.M)) | set(settings())


def what_grows_has_a_bound():
    waiting = listed("fields without a bound")  # files, or folders that end with a /
    found = fields_without_a_bound()
    for path, line, field in found:
        if not str(path).startswith(tuple(waiting)):
            yield (f"{path}:{line + 1}: `{field.strip()}` has no bound: make it a Bounded with a row of {BOUNDS}; a Vec may say "
                   f"`// bound: NAME` with a row, a limit, a setting, a constant of the file, or {' or '.join(sorted(WITHOUT_A_NAME))}")
    for place in waiting:
        if not any(str(path).startswith(place) for path, _, _ in found):
            yield f"{place} has a bound for all: take it out of tests/tidy/ratchet.json"


def bounds_are_used():
    """A row that bounds nothing would be a promise in docs/reference/limits.md that nobody keeps."""
    code = "\n".join(code for path, code in rooms() if str(path) != BOUNDS)
    for name in rows():
        if not re.search(rf"\b{name}\s*>|// bound: {name}\b", code):
            yield f"{BOUNDS}: no field has the bound {name}"


def locks_of_the_engine_are_those_that_loom_knows():
    for path, code in rooms():
        # A look at the clock is no step of a thread: what it shows is given.
        if not str(path).startswith("core/engine/src/") or {"sync", "clock"} & set(path.parts):
            continue
        for at, line in enumerate(code.splitlines()):
            if re.search(r"\bparking_lot::|\bsync::atomic\b(?<!crate::sync::atomic)|\bstd::sync::(\{[^}]*)?\b(Mutex|RwLock|Condvar|Barrier|mpsc)\b", line):
                yield f"{path}:{at + 1}: take it from crate::sync, so that core/engine/src/interleavings can try every order"
