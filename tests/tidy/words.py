"""Rules about names and words."""

import re

from tree import ROOT, text, tracked

EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "stuff"}
# The second half of a string is kept apart, so that this file does not offend its own rule.
MACHINE = re.compile("/" + r"work/|/" + r"root/|/tmp/" + "bash")
HOSTS = re.compile("|".join([r"registry\." + r"npmjs", r"pypi\." + "org", r"files\.python" + "hosted", r"proxy\." + r"golang", r"sum\.golang",
                             r"repo1?\.maven", r"repo\." + "maven", r"static\." + r"crates", r"index\." + r"crates"]))
LOCKS = {"Cargo.lock", "go.sum"}


def names_say_what_is_inside():
    for path in tracked():
        for part in path.parts:
            if part.split(".")[0].lower() in EMPTY_NAMES:
                yield f"{path}: `{part}` says nothing about what is inside"


def no_addresses_of_one_machine():
    for path in tracked():
        for at, line in enumerate(text(path).splitlines(), 1):
            if MACHINE.search(line):
                yield f"{path}:{at}: a path of one machine"
            if path.name not in LOCKS and HOSTS.search(line):
                yield f"{path}:{at}: a registry's host"


def package_locks_name_no_registry():
    for path in tracked():
        if path.name in ("package-lock.json", ".package-lock.json") and '"resolved"' in text(path):
            yield f"{path}: has `resolved` addresses (npm install --omit-lockfile-registry-resolved)"


def names_of_core_files_are_known_words():
    """Each word in the name of a core file is plain (plain_words.txt) or has a line in docs/reference/glossary.md."""
    plain = set((ROOT / "tests/tidy/plain_words.txt").read_text().split())
    rows = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs/reference/glossary.md").read_text(), re.M)
    coined = {word for row in rows for word in row.replace(",", " ").split()}
    known = plain | coined | {f"{word}s" for word in coined} | {f"{word[:-1]}ies" for word in coined if word.endswith("y")}
    for path in tracked():
        if path.suffix == ".rs" and path.parts[0] == "core" and "src" in path.parts:
            inside = path.with_suffix("").parts[path.parts.index("src") + 1 :]
            for word in {word for part in inside for word in part.split("_") if not word.isdigit()} - known:
                yield f"{path}: give `{word}` a line in docs/reference/glossary.md, or list it in tests/tidy/plain_words.txt"
