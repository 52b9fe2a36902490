"""`make demo`: the flights job in every language that is here, with the table and the rate of each.

    python3 examples/flights/demo.py [LANGUAGE...]

Each language starts from an empty data folder. A language whose toolchain is missing is named and left out; the run fails where
a language fails or prints another table than the first one did.
"""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOOLS = {"python": ["python3", "cargo"], "node": ["node", "npm", "cargo"], "go": ["go", "cargo"], "jvm": ["javac", "mvn", "cargo"]}


def main():
    languages = sys.argv[1:] or [language for language in TOOLS if (HERE / language / "run.sh").exists()]
    folder = Path(subprocess.run([HERE / "get-data.sh"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip())
    tables, rates, troubles = {}, [], []
    for language in languages:
        missing = [tool for tool in TOOLS[language] if not shutil.which(tool)]
        if missing:
            print(f"\n{language}: left out, {', '.join(missing)} is not installed")
            continue
        print(f"\n=== {language}: examples/flights/{language}/run.sh", flush=True)
        data = folder / f"data-{language}"
        shutil.rmtree(data, ignore_errors=True)
        done = subprocess.run([HERE / language / "run.sh", "--data", data, folder / "flights-20k.json"],
                              stdout=subprocess.PIPE, text=True)
        print(done.stdout, flush=True)
        lines = done.stdout.rstrip().splitlines()
        if done.returncode or not lines:
            troubles.append(f"{language}: exit code {done.returncode}")
            continue
        tables[language] = lines[:-1]
        rates.append(lines[-1])
    first = next(iter(tables), None)
    troubles += [f"{language} prints another table than {first}" for language in tables if tables[language] != tables[first]]
    print("\n".join(["", *rates, *troubles]))
    if len(tables) > 1 and not troubles:
        print(f"{len(tables)} languages, one table")
    sys.exit(1 if troubles or not tables else 0)


main()
