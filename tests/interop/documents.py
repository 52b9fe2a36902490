"""The OpenAPI document: openapi-spec-validator reads it, schemathesis calls what it describes."""

import json
import tempfile
import urllib.request
from pathlib import Path

from equipment import HERE, python, shop
from peers import serving
from tools import Failed, run

# How many calls schemathesis makes up for each operation: of the shop, whose routes are of every sort, and of each language's airports.
EXAMPLES = 60
EXAMPLES_EACH = 15


def is_valid(address):
    """The document of a server by openapi-spec-validator."""
    with urllib.request.urlopen(f"{address}/openapi.json", timeout=10) as response:
        document = response.read()
    if "/flights.v1.Airports/Landed" not in json.loads(document)["paths"]:
        raise Failed("the document does not describe Landed")
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        Path(file.name).write_bytes(document)
        run(python() / "openapi-spec-validator", file.name)


def serving_shop():
    """A shop with routes of every sort, served from Python."""
    return serving([python() / "python", str(HERE / "shop/serve.py")], {"PYTHONPATH": str(shop())})


def schemathesis(address, examples):
    """What is allowed works, nothing is a server's error, every answer is as described: thousands of calls, the same each time. After each
    one the hook calls an actor that it was about, which must answer as if nothing had been.

    Left out is `negative_data_rejection`: proto3 JSON reads null as a field that is not there, which the document does not offer.
    """
    with tempfile.TemporaryDirectory() as folder:
        told = run(
            python() / "schemathesis", "run", f"{address}/openapi.json", "--checks", "all", "--exclude-checks", "negative_data_rejection",
            "--phases", "examples,coverage,fuzzing", "--max-examples", examples, "--generation-deterministic", "--continue-on-failure", "--no-color",
            cwd=folder, env={"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE / "shop")},
        )
    if "Tested:" not in told:
        raise Failed(f"nothing was tested:\n{told}")
