"""The table scenario by language."""


def print_table(scenarios, languages, results):
    """Prints one row for each scenario and one column for each language."""
    status = {(result["scenario"], result["language"]): result["status"] for result in results}
    width = max((len(name) for name in scenarios), default=8)
    print()
    print("scenario".ljust(width) + "".join(language.rjust(9) for language in languages))
    for name in scenarios:
        cells = ("ok" if status[name, language] == "passed" else "FAILED" for language in languages)
        print(name.ljust(width) + "".join(cell.rjust(9) for cell in cells))
    print("-" * (width + 9 * len(languages)))
    counts = [sum(status[name, language] == "passed" for name in scenarios) for language in languages]
    print(f"passed of {len(scenarios)}".ljust(width) + "".join(str(count).rjust(9) for count in counts))
