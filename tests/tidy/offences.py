"""An offence for each rule: `python3 tests/tidy --prove` commits it to a copy of the tree and looks whether the rule notices.

`generated_files_are_fresh` is proven by the test of that name in core/boundary, which has the program at hand.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tree import ROOT

LONG_FUNCTION = "//! A file.\nfn long() {\n" + "    let _ = 1;\n" * 80 + "}\n"
FIRST_SDK_HEADING = "## Install"

# rule: (file, what of it is replaced or None for a new file or an end to append to, by what)
OFFENCES = {
    "files_have_one_subject_and_an_end": ("core/kernel/src/offence.rs", None, "//! A file.\n" + "// line\n" * 601),
    "files_say_what_they_are_for": ("core/kernel/src/offence.rs", None, "fn nothing() {}\n"),
    "functions_have_an_end": ("core/kernel/src/offence.rs", None, LONG_FUNCTION),
    "unsafe_stays_at_the_boundary_and_gives_its_reason": ("bindings/c/src/offence.rs", None, "//! A file.\nfn f() {\n    unsafe { g() }\n}\n"),
    "core_crates_forbid_unsafe": ("core/kernel/src/lib.rs", "#![forbid(unsafe_code)]", ""),
    "what_grows_has_a_bound": ("core/engine/src/offence.rs", None, "//! A file.\nstruct Held {\n    list: Vec<u64>, // bound: made once\n    map: HashMap<u8, u8>, // bound: made once\n}\n"),
    "bounds_are_used": ("core/engine/src/lane.rs", ", LaneEvents>", ", BacklogWork>"),
    "locks_of_the_engine_are_those_that_loom_knows": ("core/engine/src/lane.rs", "use crate::sync::{", "use parking_lot::{"),
    "crates_import_downwards_only": ("core/kernel/Cargo.toml", "[dependencies]", "[dependencies]\neveract-store.workspace = true"),
    "bindings_import_the_boundary_only": ("bindings/c/Cargo.toml", "[dependencies]", "[dependencies]\neveract.workspace = true"),
    "crates_inherit_the_workspaces_lints": ("core/store/Cargo.toml", "[lints]\nworkspace = true", ""),
    "the_kernel_has_no_clock_thread_or_disk": ("core/kernel/src/offence.rs", None, "//! A file.\nuse std::fs::File;\n"),
    "the_engine_asks_its_clock_only": ("core/engine/src/offence.rs", None, "//! A file.\nfn now() {\n    std::time::Instant::now();\n}\n"),
    "sdks_do_not_know_one_another": ("sdk-python/src/everact/offence.py", None, '"""As in sdk-node/src."""\n'),
    "sdks_have_the_same_rooms": ("sdk-python/src/everact/codec.py", "", None),
    "sdk_readmes_have_the_same_headings": ("sdk-python/README.md", FIRST_SDK_HEADING, "## Setting up"),
    "every_error_has_an_example": ("tests/tidy/error_examples.json", '"StaleOwner"', '"StaleOwners"'),
    "names_say_what_is_inside": ("core/kernel/src/utils.rs", None, "//! A file.\n"),
    "names_of_core_files_are_known_words": ("core/kernel/src/hush.rs", None, "//! A file.\n"),
    "no_addresses_of_one_machine": ("docs/guide/actors.md", None, "See /" + "work/here.\n"),
    "package_locks_name_no_registry": ("examples/package-lock.json", None, '{"resolved": "x"}\n'),
    "links_lead_somewhere": ("docs/guide/actors.md", None, "[there](nowhere.md)\n"),
    "anchors_are_headings": ("docs/guide/actors.md", None, "[there](errors.md#nowhere)\n"),
    "invariants_name_tests_that_exist": ("ARCHITECTURE.md", "`generated_files_are_fresh`", "`generated_files_are_stale`"),
    "the_error_page_is_the_error_table": ("docs/guide/errors.md", "| `Closed` |", "| `Shut` |"),
    "configuration_pages_name_every_setting": ("docs/guide/configuration.md", "| `shards` |", "| `parts` |"),
    "every_setting_has_a_name_in_every_sdk": ("sdk-go/options.go", '"pending_asks_max":', '"pending_ask_max":'),
    "the_gateways_page_names_its_settings": ("docs/guide/gateway.md", "| `control` |", "| `decide` |"),
    "readme_shows_the_quickstarts_that_run": ("README.md", "```python\n# ", "```python\n#  "),
    "scenarios_are_named_and_enough": ("tests/conformance/scenarios/01_asks.json", "an_ask_is_answered", "an ask is answered"),
    "what_otp_has_is_shown_by_scenarios": ("docs/guide/from-otp.md", "[a call is answered]", "[a call has an answer]"),
    "suites_that_exist_are_run": ("tests/suites.json", "sdk-python/test.sh", "sdk-python/tests.sh"),
    "dependencies_are_locked": ("Cargo.lock", "", None),
}


def commit(copy, offence):
    """Commits an offence to the copy; returns what went wrong, or None."""
    name, old, new = offence
    path = copy / name
    if new is None:
        path.unlink()
        return None
    before = path.read_text() if path.exists() else ""
    if old is not None and old not in before:
        return f"{name} does not hold {old!r}: the offence needs another form"
    path.write_text(before + new if old is None else before.replace(old, new, 1))
    subprocess.run(["git", "add", "--", name], cwd=copy, check=True, capture_output=True)
    return None


def prove(rules):
    """(rule, trouble or None) for every rule: its offence is noticed, and without it the rule holds."""
    with tempfile.TemporaryDirectory(prefix="tidy-") as folder:
        copy = Path(folder) / "tree"
        subprocess.run(["git", "clone", "--quiet", ROOT, copy], check=True)
        for name in rules - OFFENCES.keys() - {"generated_files_are_fresh"}:
            yield name, "there is no offence for it in tests/tidy/offences.py"
        for name, offence in OFFENCES.items():
            yield name, trial(copy, name, offence)
            subprocess.run(["git", "reset", "--quiet", "--hard"], cwd=copy, check=True)
            subprocess.run(["git", "clean", "--quiet", "-fdx"], cwd=copy, check=True)


def trial(copy, name, offence):
    """One rule on one offence."""
    shutil.copytree(ROOT / "tests/tidy", copy / "tests/tidy", dirs_exist_ok=True)
    trouble = commit(copy, offence)
    if trouble:
        return trouble
    done = subprocess.run([sys.executable, "tests/tidy", name], cwd=copy, capture_output=True, text=True)
    if done.returncode == 0 or "could not be applied" in done.stdout:
        return f"{offence[0]} was changed and the rule did not notice: {done.stdout.strip()} {done.stderr.strip()[-300:]}"
    return None
