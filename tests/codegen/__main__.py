"""Compiles what the generator writes for its corpus: python3 tests/codegen [CHECK ...]; README.md tells the checks. The last line counts."""

import sys
import time

import contracts
import formats
import languages
import sdks
from tools import Failed

CHECKS = {
    "contracts": contracts.contracts,
    "editions": formats.editions,
    "buf": formats.buf,
    "formats": formats.formats,
    "sdks": sdks.sdks,
    "python": languages.python,
    "typescript": languages.typescript,
    "go": languages.go,
    "java": languages.java,
    "kotlin": languages.kotlin,
}


def main():
    names = [argument for argument in sys.argv[1:] if not argument.startswith("-")] or list(CHECKS)
    unknown = [name for name in names if name not in CHECKS]
    if unknown:
        sys.exit(f"no such check: {', '.join(unknown)}; known are {', '.join(CHECKS)}")
    passed = failed = 0
    for name in names:
        began = time.monotonic()
        try:
            CHECKS[name]()
        except Failed as trouble:
            failed += 1
            print(f"FAILED  {name}\n{trouble}", flush=True)
        else:
            passed += 1
            print(f"ok      {name} ({time.monotonic() - began:.0f} s)", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
