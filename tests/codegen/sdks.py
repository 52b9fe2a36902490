"""The SDKs' own tests carry code that the generator wrote (Go writes its own when they run); it is what the generator writes now."""

import shutil
import sys

import corpus
from tools import ROOT, Failed

EXAMPLE = ["flights/v1/airports.proto"]
CARRIED = {
    "sdk-python/tests/contract": "lang=python",
    "sdk-node/test/gen": "lang=typescript,import_extension=js",
    "sdk-jvm/proto/src/test/java": "lang=java",
    "sdk-jvm/kotlin/src/test/kotlin": "lang=kotlin",
}


def sdks():
    stale = []
    for folder, parameter in CARRIED.items():
        into = corpus.folder("sdks")
        corpus.everact(into, parameter, names=EXAMPLE)
        for made in filter(lambda path: path.is_file(), into.rglob("*")):
            carried = ROOT / folder / made.relative_to(into)
            if not carried.exists() or carried.read_text() != made.read_text():
                stale.append(f"{carried.relative_to(ROOT)} is not what the generator writes: python3 tests/codegen sdks --write")
                if "--write" in sys.argv:
                    shutil.copyfile(made, carried)
    if stale and "--write" not in sys.argv:
        raise Failed("\n".join(stale))
