"""The corpus, and how protoc runs over it."""

import shutil

from tools import ROOT, TOOLS, plugin, python, run

TESTS = ROOT / "core/codegen/tests"
CORPUS = TESTS / "corpus"
FOLDERS = [CORPUS, TESTS / "include", ROOT / "proto"]
INCLUDED = ["spawn/actors/actor.proto", "spawn/actors/extensions.proto"]
OPTIONS = "everact/v1/options.proto"
# Spawn's contract names no Go package.
GO_SPAWN = ",".join(f"M{name}=example.com/corpus/spawn/actors" for name in INCLUDED)
# The example is of another Go module than the corpus.
GO = f"module=example.com,{GO_SPAWN}"


def files():
    """The names of the corpus' files, as they are imported."""
    return sorted(str(path.relative_to(CORPUS)) for path in CORPUS.rglob("*.proto"))


def folder(name):
    """An empty folder for what is generated."""
    made = TOOLS / "generated" / name
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    return made


def protoc(*arguments, names=None, program=None):
    """Runs protoc over files, the whole corpus unless said otherwise."""
    command = [program] if program else [python(), "-m", "grpc_tools.protoc"]
    run(*command, *(f"-I{path}" for path in FOLDERS), *arguments, *(names or files()))


def everact(into, parameter, names=None, program=None):
    """Runs our plugin over files, the whole corpus unless said otherwise."""
    protoc(f"--plugin=protoc-gen-everact={plugin()}", f"--everact_out={parameter}:{into}", names=names, program=program)
