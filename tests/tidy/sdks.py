"""Rules that make the four SDKs one: rooms, headings, errors, generated files."""

import json
import re
import subprocess

from source import listed
from tree import ROOT, text, tracked

ROOMS = ["actor", "handler", "context", "engine", "options", "reference", "codec", "state", "errors"]
HEADINGS = ["Install", "Quickstart", "Actors and handlers", "Asks and tells", "Errors", "Options", "Build and test"]
PLACES = {
    "python": "sdk-python/src/everact/{lower}.py",
    "node": "sdk-node/src/{lower}.ts",
    "go": "sdk-go/{lower}.go",
    "jvm": "sdk-jvm/core/src/main/java/dev/everact/{upper}.java",
}


def rooms_missing(language, place):
    """Rooms that a language's SDK does not have."""
    for room in ROOMS:
        path = place.format(lower=room, upper=room.capitalize())
        if (language, room) == ("jvm", "errors"):
            path = "sdk-jvm/core/src/main/java/dev/everact/errors/EveractException.java"
        if not (ROOT / path).is_file():
            yield f"{path} is missing"


def sdks_have_the_same_rooms():
    growing = listed("sdks without all rooms")
    for language, place in PLACES.items():
        if language not in growing:
            yield from rooms_missing(language, place)


def sdk_readmes_have_the_same_headings():
    growing = listed("sdks without a whole README")
    for language in PLACES:
        path = ROOT / f"sdk-{language}" / "README.md"
        outside = re.sub(r"```.*?```", "", path.read_text(), flags=re.S) if path.is_file() else ""
        found = re.findall(r"^##+ (.*)$", outside, re.M)
        if found != HEADINGS and language not in growing:
            yield f"sdk-{language}/README.md has {', '.join(found) or 'no headings'} instead of {', '.join(HEADINGS)}"


def error_names():
    """Names of the error table, in its order."""
    table = (ROOT / "core/kernel/src/error.rs").read_text()
    return re.findall(r"^    \d+ (\w+) [A-Z]\w+ (?:true|false) ", table, re.M)


def scenario_errors():
    """Names that a conformance scenario provokes, in all four languages."""
    found = set()
    for path in tracked():
        if path.parts[:-1] == ("tests", "conformance", "scenarios"):
            found |= set(re.findall(r'"error": \[?"(\w+)"', text(path)))
    return found


def every_error_has_an_example():
    """A scenario provokes it, or tests of every SDK do, or a test of the core where no host can provoke it."""
    elsewhere = json.loads((ROOT / "tests/tidy/error_examples.json").read_text())
    provoked, growing = scenario_errors(), listed("errors without an example")
    for name in error_names():
        if name in provoked:
            if name in elsewhere:
                yield f"{name} has a scenario: take it out of tests/tidy/error_examples.json"
            continue
        places = elsewhere.get(name)
        if not places and name not in growing:
            yield f"{name}: neither a scenario nor tests/tidy/error_examples.json shows it"
        for place in places or []:
            path = ROOT / place
            if not path.is_file() or name not in path.read_text():
                yield f"{name}: {place} does not show it"


def generated_files_are_fresh():
    # The arguments of `bash -c` that follow the program are $0, $1 and so on.
    run_emit = 'folder=$(EVERACT_PROFILE=dev "$0/core/build.sh" everact-boundary) && "$folder/emit" --check'
    done = subprocess.run(["bash", "-c", run_emit, ROOT], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        yield from (done.stderr or done.stdout).strip().splitlines()[-20:]
