"""Rules about source files: their length, their heads, their functions, unsafe code."""

import ast
import json
import re
from pathlib import Path

from tree import ROOT, sources, text, tracked

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
# The simulated disk is a file system of SQLite's, which is a C interface (docs/adr/0004-simulated-disk.md).
UNSAFE_ROOMS = ("bindings/", "core/sim/src/vfs")
SAFETY_REACH_LINES = 6
COMMENT = ("//", "/*", "#", "%", '"""', "'''")
OPENING = {
    ".rs": re.compile(r"^(\s*)(pub(\([a-z]+\))? )?(const |async |unsafe |extern \"C\" )*fn (\w+)"),
    ".go": re.compile(r"^(\s*)func (\([^)]*\) )?(\w+)"),
    ".ts": re.compile(r"^(\s*)(export |default |async |static |private |public |protected |get |set |function |override )*(\w+)(<.*>)?\(.*\{$"),
    ".java": re.compile(r"^(\s*)(?=\S)((public|private|protected|static|final|synchronized|abstract|default|<[^>]*>) )*(?:[\w<>\[\],.?]+ )*(\w+)\(.*\{$"),
}
NO_FUNCTION = re.compile(r"^\s*(\} )?(if|for|while|switch|catch|else|do|return|try|match|loop|new|synchronized)\b")


def listed(name):
    """A list of tests/tidy/ratchet.json: what is not clean yet."""
    return json.loads((Path(__file__).parent / "ratchet.json").read_text())[name]


def ratchet(name, found, limit, unit):
    """Offences over the limit. What the ratchet lists may stay as long as it is, may not grow, and leaves the list once it fits."""
    allowed = listed(name)
    for place, lines in found.items():
        if lines > limit and lines > allowed.get(place, 0):
            yield f"{place}: {lines} lines, {max(limit, allowed.get(place, 0))} is the end {unit}"
    for place in allowed:
        if found.get(place, 0) <= limit:
            yield f"{place} fits now: take it out of tests/tidy/ratchet.json"


def files_have_one_subject_and_an_end():
    lengths = {str(path): text(path).count("\n") for path in sources()}
    yield from ratchet("lines of a file", lengths, FILE_LINES_MAX, "of a file")


def files_say_what_they_are_for():
    for path in sources():
        if path.parts[:2] == ("examples", "quickstart"):  # shown in the README, which says it
            continue
        lines = [line.strip() for line in text(path).splitlines() if line.strip()]
        if lines and lines[0].startswith("#!") and not lines[0].startswith("#!["):
            lines = lines[1:]
        if path.suffix in (".java", ".kt", ".go"):
            opening = re.compile(r"(public |final |abstract |sealed |non-sealed )*(class|interface|enum|record|@interface|object|fun|module)\b")
            lines = [line for line in lines if opening.match(line) or line.startswith(COMMENT)]
        if lines and not lines[0].startswith(COMMENT):
            yield f"{path}: the head does not say what the file is for"


def functions_have_an_end():
    found = {}
    for path in sources():
        for name, lines in functions(path):
            place = f"{path} {name}"
            found[place] = max(lines, found.get(place, 0))
    yield from ratchet("lines of a function", found, FUNCTION_LINES_MAX, "of a function")


def functions(path):
    """Names and lengths of the functions of a formatted file."""
    if path.suffix in (".py", "") and not text(path).startswith("#!/usr/bin/env bash"):
        for node in ast.walk(ast.parse(text(path))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield node.name, node.end_lineno - node.lineno + 1
        return
    opening = OPENING.get(path.suffix)
    lines = text(path).splitlines() if opening else []
    for start, line in enumerate(lines):
        match = opening.match(line)
        if not match or NO_FUNCTION.match(line):
            continue
        closing = match[1] + "}"
        end = next((at for at in range(start, len(lines)) if lines[at].startswith(closing)), None)
        semicolon = lines[start].endswith(";")
        if end is not None and not semicolon:
            yield match[match.lastindex if path.suffix != ".ts" else 3], end - start + 1


def unsafe_stays_at_the_boundary_and_gives_its_reason():
    block = re.compile(r"\bunsafe\s*(\{|impl\b|extern(\s*\"C\")?\s*\{)")
    for path in sources():
        if path.suffix != ".rs":
            continue
        lines = text(path).splitlines()
        for at, line in enumerate(lines):
            code = line.split("//")[0]
            if not re.search(r"\bunsafe\b", code):
                continue
            if not str(path).startswith(UNSAFE_ROOMS):
                yield f"{path}:{at + 1}: unsafe outside its rooms"
            before = "\n".join(lines[max(0, at - SAFETY_REACH_LINES):at + 1])
            if block.search(code) and "SAFETY:" not in before:
                yield f"{path}:{at + 1}: unsafe without a SAFETY comment"


def core_crates_forbid_unsafe():
    for path in tracked():
        if re.fullmatch(r"core/\w+/src/lib\.rs", str(path)):
            wanted = "#![deny(unsafe_code)]" if str(path) == "core/sim/src/lib.rs" else "#![forbid(unsafe_code)]"
            if wanted not in text(path):
                yield f"{path}: {wanted} is missing"


def test_names():
    """Every test function's name in the tree, for rules that look one up."""
    pattern = re.compile(r"\bfn (\w+)\(|\bdef (test_\w+)\(|\bfunc (Test\w+)\(|\bvoid (\w+)\(|\b(?:test|it)\(\s*[\"'`]([^\"'`]+)")
    return {name for path in tracked() if path.suffix in (".rs", ".py", ".go", ".java", ".ts", ".mts", ".mjs")
            for groups in pattern.findall((ROOT / path).read_text(errors="replace")) for name in groups if name}
