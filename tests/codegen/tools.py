"""The tools that the checks run, at fixed versions, under target/codegen-tools: made where they are missing or out of date."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TOOLS = ROOT / "target/codegen-tools"


class Failed(Exception):
    """A command did not do what it should; its output says why."""


def run(*command, cwd=ROOT, env=None, quiet=False):
    """Runs a command and gives its output; `Failed` with it where the command fails."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False
    )
    output = done.stdout if quiet else done.stdout + done.stderr
    if done.returncode:
        raise Failed(f"{Path(str(command[0])).name} failed with {done.returncode}:\n{done.stdout}{done.stderr}")
    return output


def is_fresh(mark, sources):
    """Whether what was made is not older than what it was made of."""
    return mark.exists() and all(mark.stat().st_mtime >= source.stat().st_mtime for source in sources)


@cache
def python():
    """The Python that has requirements.txt."""
    folder = TOOLS / "python"
    made = folder / "made"
    if not is_fresh(made, [HERE / "requirements.txt"]):
        run(sys.executable, "-m", "venv", folder)
        run(folder / "bin/python", "-m", "pip", "install", "--quiet", "-r", HERE / "requirements.txt")
        made.touch()
    return folder / "bin/python"


@cache
def node():
    """The folder of npm's programs."""
    folder = TOOLS / "node"
    made = folder / "made"
    if not is_fresh(made, [HERE / "package.json", HERE / "package-lock.json"]):
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            (folder / name).write_text((HERE / name).read_text())
        run("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", cwd=folder)
        made.touch()
    return folder / "node_modules/.bin"


# Newer than what sdk-go asks for at least: older ones do not know edition 2024.
GO_PROTOBUF = "google.golang.org/protobuf@v1.36.12"


@cache
def protoc_gen_go():
    """The official plugin."""
    program, version = GO_PROTOBUF.split("@")
    run("go", "install", f"{program}/cmd/protoc-gen-go@{version}", env={"GOBIN": str(TOOLS)})
    return TOOLS / "protoc-gen-go"


@cache
def plugin():
    """Our plugin."""
    folder = run("bash", ROOT / "core/build.sh", "everact-codegen", quiet=True, env={"EVERACT_PROFILE": "dev"})
    return Path(folder.strip()) / "protoc-gen-everact"


@cache
def jvm_classes():
    """The class path of the SDK, with what generated code needs."""
    return run("bash", ROOT / "sdk-jvm/build.sh", "proto", quiet=True).strip()


def java_protoc():
    """The protoc of the protobuf-java that the SDK has."""
    jvm_classes()
    return ROOT / "sdk-jvm/proto/target/protoc/protoc"


@cache
def jvm_tools():
    """The class path of jvm/pom.xml."""
    listed = TOOLS / "jvm.classpath"
    if not is_fresh(listed, [HERE / "jvm/pom.xml"]):
        listed.parent.mkdir(parents=True, exist_ok=True)
        run("mvn", "-B", "-q", "-f", HERE / "jvm/pom.xml", "dependency:build-classpath", f"-Dmdep.outputFile={listed}")
    return listed.read_text().strip()
