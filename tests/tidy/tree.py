"""The tree as the rules see it: tracked files, their text, what is generated."""

import functools
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = {".rs", ".py", ".pyi", ".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".go", ".java", ".kt", ".sh", ".c", ".h", ".erl"}


@functools.cache
def tracked():
    """Tracked files that exist, relative to the root."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]


@functools.cache
def text(path):
    """A file's text; bytes that are no UTF-8 are replaced."""
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def is_generated(path):
    """Whether a file says in its head that a program wrote it; protobuf's own generators say it too late or not at all."""
    if path.name.endswith(("_pb2.pyi", ".pb.go")):
        return True
    head = text(path)[:400].lower()
    return "generated" in head and ("do not edit" in head or "emit" in head or "cbindgen" in head or "napi" in head or "uniffi" in head)


@functools.cache
def sources():
    """Hand-written source files; scripts without an ending count by their first line."""
    return [path for path in tracked() if _is_source(path) and not is_generated(path)]


def _is_source(path):
    return path.suffix in SOURCE or (not path.suffix and text(path).startswith("#!"))
