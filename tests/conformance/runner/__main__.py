"""The conformance runner: starts each language's driver, plays every scenario against it, prints the table.

    python3 tests/conformance/runner [--remote] [--next] [--only TEXT] [--jobs N] [--verbose] [LANGUAGE...]

Without languages it runs those of ../languages.json, and one that has no driver fails. Every scenario gets fresh driver processes and a fresh folder.
A scenario with `"mode": "remote"` or `"local"` is about one of the two and belongs to that run only.
Writes target/conformance.json (with `--remote` target/conformance-remote.json), a list of {scenario, language, status, detail}; the last line is
`N passed, N failed`.

Steps of a scenario (see steps.py for the code of each):

    {"open": {"data": "main", "options": {...}}}       data: the name of a folder within the scenario's own; absent: in memory
    {"ask": ["kind/key", "handler", message?]}         {"tell": [...]} is written alike; the fields of the protocol stand beside it
    {"batch": {...}}  {"stats": {}}  {"backup": {}}  {"restore": {}}  {"close": {}}  {"exit": {}}       as in the protocol
    {"gate": ["name", "action", count?]}  {"note": "text"}  {"hello": {}}
    {"notices": {}}  {"dead_letters": {}}  {"dead_letter": {}}  {"dead_retry": {}}  {"dead_drop": {}}  {"producer_newest": {}}  {"producer_skip": {}}  {"ingest": {}}
    {"kill": {}}                                       kill -9 of the driver; the next request starts it again
    {"steps": [...], "repeat": n}                      $i counts from 0
    {"parallel": [[steps], [steps]]}                   each list in a thread of its own
    {"await": "name"}                                  the answer to an earlier request that said "as": "name"
    {"await_acknowledged": ["name", n]}                until that batch has n successes
    {"damage": ["main", "overwrite" | "truncate" | "newer_format"]}         spoils the stored data; also ["main", "replace", "old", "new"]
    {"disk": ["main", mebibytes]}                      a disk of its own under a folder (before `open`)
    {"fill": "main"}  {"free": "main"}                 fills that disk, makes room again
    {"touch": "name"}                                  makes an empty file in the scenario's folder, which is $folder
    {"prove": ["left", "<=", "right"]}                 compares saved values ($name, $name.field) or numbers

A message may be {"json_text": "..."} or {"json_parts": [[text, times], ...]}: this text goes as it is, past all encoders.

Always saved: $start_ms (the scenario's begin), $clock_ms (now), $folder, $letters_1024, $letters_1025.

Beside a request: "on" (name of the driver process, default "first"; "next_language" is a driver of the next language in the table,
"python", "node", "go", "jvm" are drivers of these languages where they are in the table), "as" (go on without waiting), "save" (keep the result as $name; of a batch
also $name.acknowledged; parts as $name.field, $name.0.field), "until": true (ask again until the expectation holds, at most "within_ms", default 20000),
and the expectation: "expect" (equal), "matches" (each named field equal), "at_most" (each named field), "any_of" (equal to one), "sets" (fields whose order says nothing), "contains" (texts in the result or error message), "length" (of a list), "entries" (fields of a list's entries),
"error" (name or list of names; null among them: or a result), "shows" (fields of the error's answer), "retryable", "check" (a named check of checks.py), "took_at_least_ms", "took_at_most_ms".
A request that expects nothing must not fail.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scenario import play
from table import print_table

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parents[1]
LANGUAGES = ["python", "node", "go", "jvm"]
LISTED = HERE / "languages.json"


def load_scenarios(only, folder, mode):
    """All scenarios of a mode in the order of the files, each with its topic; names are unique."""
    found, names = [], set()
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        for scenario in document["scenarios"]:
            name = f"{document['topic']}: {scenario['name']}"
            if name in names:
                sys.exit(f"{path}: {name} is there twice")
            names.add(name)
            is_here = scenario.get("mode", mode) == mode
            if is_here and (not only or only in name):
                found.append((name, scenario))
    return found


def build(language):
    """Builds a language's driver; returns (command, what went wrong or None)."""
    description = HERE / "drivers" / language / "driver.json"
    if not description.exists():
        return None, f"no driver: {description.relative_to(ROOT)} is missing"
    driver = json.loads(description.read_text())
    if "build" in driver:
        done = subprocess.run(driver["build"], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace")
        if done.returncode:
            print(done.stdout)
            return None, f"the driver's build failed with exit code {done.returncode}"
    return driver["run"], None


def play_language(language, built, scenarios, arguments):
    """Plays all scenarios against one language; returns the results in order."""
    command, trouble = built[language]
    if trouble:
        print(f"{language}: {trouble}", flush=True)
        return [{"scenario": name, "language": language, "status": "failed", "detail": trouble}
                for name, _ in scenarios]

    names = list(built)
    following = built[names[(names.index(language) + 1) % len(names)]][0] or command
    commands = {name: other or command for name, (other, _) in built.items()}

    def one(item):
        name, scenario = item
        begin = time.monotonic()
        detail = play(scenario, {**commands, "": command, "next_language": following}, ROOT)
        status = "failed" if detail else "passed"
        if detail or arguments.verbose:
            print(f"{language} {status} {time.monotonic() - begin:5.1f} s  {name}" + (f"\n    {detail}" if detail else ""), flush=True)
        return {"scenario": name, "language": language, "status": status, "detail": detail or ""}

    with ThreadPoolExecutor(arguments.jobs) as pool:
        return list(pool.map(one, scenarios))


def as_root():
    """Small disks are mounted: who is not root runs in a namespace of his own, in which he is."""
    if os.geteuid() != 0 and shutil.which("unshare") and "CONFORMANCE_NAMESPACE" not in os.environ:
        os.environ["CONFORMANCE_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "--user", "--map-root-user", "--mount", sys.executable, *sys.argv])


def main():
    as_root()
    parser = argparse.ArgumentParser(description="Plays the conformance scenarios against the drivers.")
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE", help="python, node, go, jvm (default: languages.json)")
    parser.add_argument("--remote", action="store_true", help="drivers reach their engines through the gateway and a connection")
    parser.add_argument("--only", help="only scenarios whose name contains this")
    parser.add_argument("--jobs", type=int, default=4, help="scenarios at once")
    parser.add_argument("--next", action="store_true", help="the scenarios that wait for a driver (scenarios/next)")
    parser.add_argument("--verbose", action="store_true", help="a line for each scenario")
    arguments = parser.parse_args()
    unknown = set(arguments.languages) - set(LANGUAGES)
    if unknown:
        parser.error(f"unknown language: {', '.join(sorted(unknown))}")
    if arguments.remote:
        os.environ["EVERACT_CONFORMANCE_REMOTE"] = "1"
        # The catalogue's kinds are declared in each language, so their engines serve all of them.
        os.environ.setdefault("EVERACT_GATEWAY", '{"serve": "all"}')
    languages = arguments.languages or json.loads(LISTED.read_text())
    scenarios = load_scenarios(arguments.only, HERE / "scenarios" / ("next" if arguments.next else ""), "remote" if arguments.remote else "local")
    built = {language: build(language) for language in languages}
    results = [result for language in languages for result in play_language(language, built, scenarios, arguments)]
    output = ROOT / "target" / ("conformance-remote.json" if arguments.remote else "conformance.json")
    output.parent.mkdir(exist_ok=True)
    output.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print_table([name for name, _ in scenarios], languages, results)
    passed = sum(result["status"] == "passed" for result in results)
    print(f"{passed} passed, {len(results) - passed} failed", flush=True)
    sys.exit(0 if results and passed == len(results) else 1)


main()
