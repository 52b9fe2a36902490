"""Rules about documents: links, invariants, pages made from tables, quickstarts, the list of suites."""

import json
import re
from pathlib import Path

from source import test_names
from tree import ROOT, text, tracked

ERROR_PAGE = ROOT / "docs/guide/errors.md"
README = ROOT / "README.md"
# The least that a suite of scenarios has.
SCENARIOS_MIN = {"conformance": 270, "oracle": 400}
QUICKSTART_LINES_MAX = 15
FAMILIES = ["Usage", "Handler", "Pressure", "Time", "Life", "Store", "Damage", "Internal"]


def links():
    """(page, target, anchor) of every link of a page to a file of this repository; a target without a text is the page itself."""
    for path in tracked():
        if path.suffix != ".md":
            continue
        prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", text(path), flags=re.M | re.S)
        for target, anchor in re.findall(r"\]\(\s*([^)#\s]*)(?:#([^)\s]*))?\s*\)", prose):
            if "://" not in target and not target.startswith("mailto:"):
                yield path, target, anchor


def links_lead_somewhere():
    for path, target, _ in links():
        if not ((ROOT / path).parent / target).exists():
            yield f"{path}: {target} is not there"


def anchors_are_headings():
    """What stands behind the # of a link is a heading of that page, as GitHub makes names of headings."""
    for path, target, anchor in links():
        page = ((ROOT / path).parent / target).resolve() if target else ROOT / path
        if anchor and page.suffix == ".md" and page.is_file() and anchor not in anchors(page.read_text()):
            yield f"{path}: {target}#{anchor} is no heading there"


def anchors(page):
    """The names of a page's headings: lower case, without markup and punctuation, blanks as hyphens, repeated ones numbered."""
    names, seen = set(), {}
    for heading in re.findall(r"^ {0,3}#{1,6} +(.+?)(?: +#+)? *$", re.sub(r"^```.*?^```", "", page, flags=re.M | re.S), re.M):
        shown = re.sub(r"!?\[([^]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        names.add(f"{slug}-{seen[slug]}" if slug in seen else slug)
        seen[slug] = seen.get(slug, 0) + 1
    return names | set(re.findall(r"<a (?:name|id)=\"([^\"]+)\"", page))


def invariants_name_tests_that_exist():
    """In ARCHITECTURE.md each invariant ends with `held by: name, name`; every name is a test, a scenario or a rule of tidy."""
    page = (ROOT / "ARCHITECTURE.md").read_text()
    section = re.search(r"^## Invariants\n(.*?)(?=^## |\Z)", page, re.M | re.S)
    if not section:
        yield "ARCHITECTURE.md has no section Invariants"
        return
    known = test_names() | rule_names() | {scenario["name"] for _, scenario in scenarios()} | {suite["name"] for suite in suites()}
    for item in re.findall(r"^\d+\. (.*?)(?=^\d+\. |\Z)", section[1], re.M | re.S):
        item = " ".join(item.split())
        names = re.findall(r"`([^`]+)`", item.split("Held by:")[1]) if "Held by:" in item else []
        if not names:
            yield f"no test holds: {item[:80]}"
        yield from (f"no such test: {name}" for name in names if name not in known)


def rule_names():
    """The rules of tidy."""
    return set(re.findall(r"^def (\w+)", "\n".join(path.read_text() for path in Path(__file__).parent.glob("*.py")), re.M))


def error_rows():
    """The rows of the error table as (number, name, family, retryable, meaning, safe, next)."""
    table = (ROOT / "core/kernel/src/error.rs").read_text()
    row = re.compile(r'^    (\d+) (\w+) (\w+) (true|false) "\w+" \d+ "([^"]*)" "([^"]*)" "([^"]*)";', re.M)
    return row.findall(table)


def error_table():
    """The table as Markdown, by family."""
    lines = []
    for family in FAMILIES:
        lines += [f"### {family.lower()}", "", "| error | number | meaning | what is safe | what to do | retry |", "| --- | --- | --- | --- | --- | --- |"]
        lines += [f"| `{name}` | {number} | {meaning} | {safe} | {after} | {'yes' if retry == 'true' else 'no'} |"
                  for number, name, of, retry, meaning, safe, after in error_rows() if of == family]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def between(page, mark):
    """The text between two marks of a page, with the marks."""
    return re.search(rf"<!-- {mark} -->\n.*?<!-- end {mark} -->", page, re.S)


def the_error_page_is_the_error_table():
    found = between(ERROR_PAGE.read_text(), "table")
    if not found or found[0] != f"<!-- table -->\n{error_table()}<!-- end table -->":
        yield "docs/guide/errors.md is not the table of core/kernel/src/error.rs (repair: python3 tests/tidy --write)"


def settings():
    """The names of an engine's settings."""
    listed = re.search(r"FROM_ENVIRONMENT: &\[&str\] = &\[(.*?)\];", (ROOT / "core/engine/src/config.rs").read_text(), re.S)
    return re.findall(r'"(\w+)"', listed[1])


def configuration_pages_name_every_setting():
    own = {"docs/guide/configuration.md": {"gateway"}, "docs/reference/boundary.md": {"lane", "kinds", "gateway", "descriptors"}}
    for page, more in own.items():
        section = re.search(r"^#+ Configuration\n(.*?)(?=^## |\Z)", (ROOT / page).read_text(), re.M | re.S)
        named = set(re.findall(r"^\| `(\w+)` \|", section[1], re.M)) if section else set()
        wanted = set(settings()) | more
        yield from (f"{page} does not name {name}" for name in sorted(wanted - named))
        yield from (f"{page} names {name}, which is no setting" for name in sorted(named - wanted))


def every_setting_has_a_name_in_every_sdk():
    """A setting that can only be given as a text or by the environment is one that nobody finds."""
    options = {
        "sdk-python/src/everact/options.py": r"^    (\w+): .*\| None = None$",
        "sdk-node/src/options.ts": r"^  \w+: '(\w+)',$",
        "sdk-go/options.go": r'"([a-z_]+)"(?::|\] =)',
        "sdk-jvm/core/src/main/java/dev/everact/Options.java": r'set\("([a-z_]+)"',
    }
    # Turns on the caller's stack are counted on an event loop only; the folder is an argument of its own.
    elsewhere = {
        "sdk-python/src/everact/options.py": {"data"},
        "sdk-go/options.go": {"caller_runs_max", "data"},
        "sdk-jvm/core/src/main/java/dev/everact/Options.java": {"caller_runs_max"},
    }
    for path, pattern in options.items():
        named = set(re.findall(pattern, (ROOT / path).read_text(), re.M)) | elsewhere.get(path, set())
        yield from (f"{path} has no name for {name}" for name in sorted(set(settings()) - named))


def the_gateways_page_names_its_settings():
    fields = re.search(r"^pub struct GatewayConfig \{\n(.*?)^\}", (ROOT / "core/gateway/src/config.rs").read_text(), re.M | re.S)
    table = re.search(r"^## Settings\n(.*?)(?=^### )", (ROOT / "docs/guide/gateway.md").read_text(), re.M | re.S)
    named = {name for cell in re.findall(r"^\| (`.*?) \|", table[1], re.M) for name in re.findall(r"`(\w+)", cell)}
    for name in re.findall(r"^    pub (\w+):", fields[1], re.M):
        if name not in named:
            yield f"docs/guide/gateway.md has no row for {name}"


def quickstarts():
    """The files of examples/quickstart, by language, in the order in which the README shows them."""
    marks = re.findall(r"<!-- quickstart (\S+) -->", README.read_text())
    return {mark: ROOT / mark for mark in marks}


def shown(mark, path):
    """How the README shows a file."""
    fence = {".py": "python", ".ts": "ts", ".mts": "ts", ".mjs": "js", ".js": "js", ".go": "go", ".java": "java"}.get(path.suffix, "")
    return f"<!-- quickstart {mark} -->\n```{fence}\n{path.read_text()}```\n<!-- end quickstart {mark} -->"


def readme_shows_the_quickstarts_that_run():
    for mark, path in quickstarts().items():
        if not path.is_file():
            yield f"README.md shows {mark}, which is not there"
            continue
        lines = [line for line in path.read_text().splitlines() if line.strip()]
        if len(lines) > QUICKSTART_LINES_MAX:
            yield f"{mark} has {len(lines)} lines, {QUICKSTART_LINES_MAX} is the end"
        found = between(README.read_text(), f"quickstart {mark}")
        if not found or found[0] != shown(mark, path):
            yield f"README.md does not show {mark} as it is (repair: python3 tests/tidy --write)"
    there = {path.parts[2] for path in tracked() if path.parts[:2] == ("examples", "quickstart")}
    missing = there - {mark.split("/")[2] for mark in quickstarts()}
    yield from (f"README.md shows no quickstart of {language}" for language in sorted(missing))


def scenarios():
    """(suite, scenario) of every scenario."""
    for suite in SCENARIOS_MIN:
        for path in sorted((ROOT / "tests" / suite / "scenarios").glob("*.json")):
            for scenario in json.loads(path.read_text())["scenarios"]:
                yield suite, scenario


def what_otp_has_is_shown_by_scenarios():
    """In the page for those who know OTP, each row of a table with scenarios names one that is there; what OTP has not has none."""
    for row in re.findall(r"^\| (.*) \|$", (ROOT / "docs/guide/from-otp.md").read_text(), re.M):
        cells = row.split(" | ")
        if len(cells) != 3 or cells[2] in ("scenarios", "---") or cells[0] == "(none)":
            continue
        shown = re.search(r"\[([^]]+)\]\(\.\./\.\./(tests/oracle/scenarios/\w+\.json)\)", cells[2])
        found = json.loads((ROOT / shown[2]).read_text()) if shown and (ROOT / shown[2]).is_file() else []
        names = {scenario["name"] for scenario in (found["scenarios"] if isinstance(found, dict) else found)}
        if not shown or shown[1].replace(" ", "_") not in names:
            yield f"docs/guide/from-otp.md: no scenario shows {cells[0]}"


def scenarios_are_named_and_enough():
    names = [scenario["name"] for _, scenario in scenarios()]
    for suite, least in SCENARIOS_MIN.items():
        there = sum(of == suite for of, _ in scenarios())
        if there < least:
            yield f"tests/{suite} has {there} scenarios, {least} is the least"
    yield from (f"{name} is there twice" for name in sorted({name for name in names if names.count(name) > 1}))
    yield from (f"{name} is no sentence in lower snake case" for name in names if not re.fullmatch(r"[A-Za-z0-9_]+", name))


def suites():
    """The suites that `make test` runs."""
    return json.loads((ROOT / "tests/suites.json").read_text())


def suites_that_exist_are_run():
    """No test script lies about that `make test` does not run."""
    run = " ".join(" ".join(suite["command"]) for suite in suites())
    for path in tracked():
        if re.fullmatch(r"sdk-\w+/test\.sh|tests/packaging/\w+\.sh|tests/faults/run|tests/oracle/run", str(path)) and str(path) not in run:
            yield f"{path} is not in tests/suites.json"


def write():
    """Repairs the pages that come from tables and files."""
    page = ERROR_PAGE.read_text()
    ERROR_PAGE.write_text(page.replace(between(page, "table")[0], f"<!-- table -->\n{error_table()}<!-- end table -->"))
    readme = README.read_text()
    for mark, path in quickstarts().items():
        if path.is_file():
            readme = readme.replace(between(readme, f"quickstart {mark}")[0], shown(mark, path))
    README.write_text(readme)
