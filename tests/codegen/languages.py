"""Each language: the corpus from the official generator and from ours, under the strictest compiler there is."""

import json
import os
from pathlib import Path

import corpus
import tools
from tools import ROOT, Failed, run


def python():
    into = corpus.folder("python")
    corpus.protoc(f"--python_out={into}", f"--pyi_out={into}", names=[*corpus.files(), *corpus.INCLUDED])
    corpus.everact(into, "lang=python")
    ours = [str(path.relative_to(into)) for path in into.rglob("*_everact.py")]
    path = f"{into}{os.pathsep}{ROOT / 'sdk-python/src'}"
    options = ["--strict", "--explicit-package-bases", "--namespace-packages", "--no-error-summary", "--cache-dir", tools.TOOLS / "mypy"]
    try:
        found = run(tools.python(), "-m", "mypy", *options, *ours, cwd=into, env={"MYPYPATH": path})
    except Failed as failed:
        found = str(failed)
    lines = [line for line in found.splitlines() if ": error: " in line and "_pb2.pyi:" not in line]
    if lines:
        raise Failed("\n".join(lines))


def typescript():
    if not (ROOT / "sdk-node/dist/proto").exists():
        raise Failed("sdk-node is not built: sdk-node/build.sh")
    into = corpus.folder("typescript")
    names = [*corpus.files(), *corpus.INCLUDED, corpus.OPTIONS]
    es = tools.node() / "protoc-gen-es"
    corpus.protoc(f"--plugin=protoc-gen-es={es}", f"--es_out=target=ts,import_extension=js:{into}", names=names)
    corpus.everact(into, "lang=typescript,import_extension=js")
    modules = into / "node_modules"
    (modules / "@bufbuild").mkdir(parents=True)
    (modules / "@bufbuild/protobuf").symlink_to(tools.node().parent / "@bufbuild/protobuf")
    (modules / "everact").symlink_to(ROOT / "sdk-node")
    strict = ["strict", "noImplicitOverride", "noUncheckedIndexedAccess", "exactOptionalPropertyTypes", "noUnusedLocals", "noUnusedParameters",
              "isolatedModules", "verbatimModuleSyntax", "noEmit", "skipLibCheck", "preserveSymlinks"]
    settings = {"target": "ES2022", "lib": ["ES2023", "ESNext.Disposable"], "module": "nodenext", "moduleResolution": "nodenext", "types": []}
    settings.update(dict.fromkeys(strict, True))
    (into / "tsconfig.json").write_text(json.dumps({"compilerOptions": settings}))
    (into / "package.json").write_text('{"type": "module"}')
    run(tools.node() / "tsc", "-p", into)


def go():
    into = corpus.folder("go")
    names = [*corpus.files(), *corpus.INCLUDED]
    corpus.protoc(f"--plugin=protoc-gen-go={tools.protoc_gen_go()}", f"--go_out={corpus.GO}:{into}", names=names)
    corpus.everact(into, f"lang=go,{corpus.GO}")
    (into / "go.mod").write_text(
        "module example.com\n\ngo 1.23\n\n"
        f"require (\n\tgithub.com/everact/everact-go v0.0.0\n\t{tools.GO_PROTOBUF.replace('@', ' ')}\n)\n\n"
        f"replace github.com/everact/everact-go => {ROOT / 'sdk-go'}\n"
    )
    run("go", "vet", "./...", cwd=into, env={"GOFLAGS": "-mod=mod"})


def _jvm(language):
    """The official messages, compiled, and our sources; gives the class path and the folder of ours."""
    into = corpus.folder(language)
    for name in ("messages", "classes", "ours", "compiled"):
        (into / name).mkdir()
    corpus.protoc(f"--java_out={into / 'messages'}", names=[*corpus.files(), *corpus.INCLUDED], program=tools.java_protoc())
    corpus.everact(into / "ours", f"lang={language}", program=tools.java_protoc())
    run("javac", "--release", "17", "-nowarn", "-Xlint:none", "-cp", tools.jvm_classes(), "-d", into / "classes", *(into / "messages").rglob("*.java"))
    return f"{tools.jvm_classes()}{os.pathsep}{into / 'classes'}", into


def java():
    path, into = _jvm("java")
    strict = ["-Xlint:all", "-Xdoclint:all/protected", "-Werror", "-Xmaxwarns", "1000"]
    run("javac", "--release", "17", *strict, "-cp", path, "-d", into / "compiled", *(into / "ours").rglob("*.java"))


def kotlin():
    path, into = _jvm("kotlin")
    compiler = ["java", "-Xmx1500m", "-cp", tools.jvm_tools(), "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"]
    strict = ["-no-stdlib", "-no-reflect", "-jvm-target", "17", "-Werror", "-Xexplicit-api=strict"]
    libraries = [library for entry in path.split(os.pathsep) for library in _libraries(entry)]
    run(*compiler, *strict, "-cp", os.pathsep.join([*libraries, tools.jvm_tools()]), "-d", into / "compiled", into / "ours")


def _libraries(entry):
    """An entry of a class path; Kotlin's compiler does not know Java's `folder/*`."""
    return [str(jar) for jar in sorted(Path(entry[:-2]).glob("*.jar"))] if entry.endswith("/*") else [entry]
