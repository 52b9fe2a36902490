"""Rules about names and words."""

import re

from tree import text, tracked

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
