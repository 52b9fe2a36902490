"""The command `everact`, which is also protoc's plugin: a program in Rust that the package carries.

It takes this process's place, so that signals reach it and its exit code is seen.
"""

import os
import sys
from pathlib import Path
from typing import NoReturn

PROGRAM = Path(__file__).with_name("_command") / "everact"


def main() -> NoReturn:
    """Becomes the command: `everact ...`, `python -m everact ...`."""
    _become("everact")


def plugin() -> NoReturn:
    """Becomes `protoc-gen-everact`, for which protoc and buf look: the program goes by the name it is called by."""
    _become("protoc-gen-everact")


def _become(name: str) -> NoReturn:
    try:
        os.execv(PROGRAM, [name, *sys.argv[1:]])
    except OSError as error:
        sys.exit(
            f"{name}: {PROGRAM} cannot be run: {error.strerror}. It comes in the wheel of this platform; "
            "in the source tree core/cli/build.sh builds it elsewhere."
        )


if __name__ == "__main__":
    main()
