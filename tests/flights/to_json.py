"""to_json.py PARQUET JSON: the records of a file as JSON, which every language reads. Runs in target/venv-python."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples/flights/python"))

import msgspec  # noqa: E402
import records  # noqa: E402

source, target = map(Path, sys.argv[1:])
part = target.with_suffix(".part")
with part.open("wb") as out:
    out.write(b"[")
    for number, flight in enumerate(records.flights_of(source)):
        out.write((b",\n" if number else b"\n") + msgspec.json.encode(flight))
    out.write(b"\n]\n")
part.rename(target)
