"""The programs of others that the checks run, at fixed versions, under target/interop/tools: made where they are missing or out of date."""

import os
import sys
from functools import cache
from pathlib import Path

from tools import ROOT, is_fresh, plugin, run

HERE = Path(__file__).resolve().parent
EQUIPMENT = ROOT / "target/interop/tools"
GRPCURL = "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4"


@cache
def python():
    """The folder of the programs of a Python that has requirements.txt and the SDK of this repository."""
    folder = EQUIPMENT / "python"
    made = folder / "made"
    if not is_fresh(made, [HERE / "requirements.txt"]):
        run(sys.executable, "-m", "venv", "--clear", folder)
        run(folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", HERE / "requirements.txt")
        _packages(folder).joinpath("everact.pth").write_text(f"{ROOT / 'sdk-python/src'}\n")
        made.touch()
    run("bash", ROOT / "sdk-python/build.sh")
    return folder / "bin"


def _packages(folder):
    return next((folder / "lib").glob("python3*")) / "site-packages"


@cache
def shop():
    """The folder of the shop's code, from its contract and the real google.api.http."""
    into = EQUIPMENT / "shop"
    into.mkdir(parents=True, exist_ok=True)
    folders = [_packages(python().parent), ROOT / "core/gateway/tests/proto", ROOT / "proto"]
    run(python() / "python", "-m", "grpc_tools.protoc", *(f"-I{folder}" for folder in folders), f"--python_out={into}",
        f"--plugin=protoc-gen-everact={plugin()}", f"--everact_out=lang=python:{into}", "shop/v1/cart.proto")
    return into


@cache
def grpcurl():
    """grpcurl, built by Go from its module."""
    made = EQUIPMENT / f"bin/{GRPCURL.split('@')[1]}"
    if not made.exists():
        run("go", "install", GRPCURL, cwd=HERE, env={"GOBIN": str(made.parent), "GOFLAGS": "-mod=mod"})
        made.touch()
    return made.parent / "grpcurl"


@cache
def page():
    """The folder of the page, with its program in one file."""
    folder = EQUIPMENT / "page"
    made = folder / "made"
    sources = [HERE / "page" / name for name in ("package.json", "package-lock.json", "page.mjs", "page.html")]
    if not is_fresh(made, sources):
        folder.mkdir(parents=True, exist_ok=True)
        for source in sources:
            (folder / source.name).write_text(source.read_text())
        run("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", cwd=folder)
        es = folder / "node_modules/.bin/protoc-gen-es"
        folders = [ROOT / "core/codegen/tests/corpus", ROOT / "proto"]
        run(python() / "python", "-m", "grpc_tools.protoc", *(f"-I{each}" for each in folders), f"--plugin=protoc-gen-es={es}",
            f"--es_out=target=js,import_extension=js:{folder}", "flights/v1/airports.proto", "everact/v1/options.proto")
        run(folder / "node_modules/.bin/esbuild", "page.mjs", "--bundle", "--format=esm", "--outfile=bundle.js", "--log-level=error", cwd=folder)
        made.touch()
    return folder


def chromium():
    """Debian's browser, or the one that CHROMIUM names."""
    return os.environ.get("CHROMIUM", "/usr/bin/chromium")
