"""The house rules as a test: what of them a program can check.

    python3 tests/tidy [--write] [--prove] [RULE...]

Each rule is a function that returns what offends it, one line each; a rule without offences has passed. `--write` repairs what is
generated from tables (docs/guide/errors.md, the quickstarts in README.md). `--prove` also commits an offence to a copy of the tree for each
rule and looks whether it is noticed. The last line is `N passed, N failed`.
"""

import sys

import bounds
import directions
import documents
import offences
import sdks
import source
import supply
import words

RULES = [
    source.files_have_one_subject_and_an_end,
    source.files_say_what_they_are_for,
    source.functions_have_an_end,
    source.unsafe_stays_at_the_boundary_and_gives_its_reason,
    source.core_crates_forbid_unsafe,
    bounds.what_grows_has_a_bound,
    bounds.bounds_are_used,
    bounds.locks_of_the_engine_are_those_that_loom_knows,
    directions.crates_import_downwards_only,
    directions.bindings_import_the_boundary_only,
    directions.crates_inherit_the_workspaces_lints,
    directions.the_kernel_has_no_clock_thread_or_disk,
    directions.the_engine_asks_its_clock_only,
    directions.sdks_do_not_know_one_another,
    sdks.sdks_have_the_same_rooms,
    sdks.sdk_readmes_have_the_same_headings,
    sdks.every_error_has_an_example,
    sdks.generated_files_are_fresh,
    words.names_say_what_is_inside,
    words.names_of_core_files_are_known_words,
    words.no_addresses_of_one_machine,
    words.package_locks_name_no_registry,
    documents.links_lead_somewhere,
    documents.anchors_are_headings,
    documents.invariants_name_tests_that_exist,
    documents.the_error_page_is_the_error_table,
    documents.configuration_pages_name_every_setting,
    documents.every_setting_has_a_name_in_every_sdk,
    documents.the_gateways_page_names_its_settings,
    documents.readme_shows_the_quickstarts_that_run,
    documents.scenarios_are_named_and_enough,
    documents.what_otp_has_is_shown_by_scenarios,
    documents.suites_that_exist_are_run,
    supply.dependencies_are_locked,
]


def main():
    names = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    if "--write" in sys.argv:
        documents.write()
    passed = failed = 0
    for rule in RULES:
        if names and rule.__name__ not in names:
            continue
        try:
            found = list(rule())
        except Exception as fault:  # noqa: BLE001 (a rule that cannot be applied has not been kept)
            found = [f"the rule could not be applied: {fault!r}"]
        print(f"{'ok' if not found else 'FAILED':<7} {rule.__name__.replace('_', ' ')}")
        for text in found:
            print(f"        {text}")
        passed, failed = passed + (not found), failed + bool(found)
    if "--prove" in sys.argv:
        for name, trouble in offences.prove({rule.__name__ for rule in RULES}):
            print(f"{'FAILED' if trouble else 'ok':<7} an offence is noticed: {name.replace('_', ' ')}" + (f"\n        {trouble}" if trouble else ""))
            passed, failed = passed + (not trouble), failed + bool(trouble)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
