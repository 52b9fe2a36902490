"""Formatters leave what is generated as it is, and buf generates what protoc does."""

import filecmp
import shutil

import corpus
import tools
from tools import HERE, ROOT, Failed, run

ALL = "lang=python,typescript,go,java,kotlin,import_extension=js"
JAVAC = [part for name in ("api", "code", "file", "parser", "tree", "util")
         for part in ("--add-exports", f"jdk.compiler/com.sun.tools.javac.{name}=ALL-UNNAMED")]


def editions():
    run("bash", HERE / "editions", "--check", env={"PROTOC": f"{tools.python()} -m grpc_tools.protoc"})


def formats():
    into = corpus.folder("formats")
    corpus.everact(into, f"{ALL},{corpus.GO}")
    found = [_quietly(tools.python(), "-m", "ruff", "format", "--no-cache", "--isolated", "--diff", into)]
    found.append(_quietly(tools.node() / "prettier", "--no-config", "--check", f"{into}/**/*.ts"))
    found.append(run("gofmt", "-d", into))
    java = list(into.rglob("*.java"))
    google = ["java", *JAVAC, "-cp", tools.jvm_tools(), "com.google.googlejavaformat.java.Main"]
    changed = run(*google, "--dry-run", *java)
    found.append("".join(f"google-java-format changes {name}\n" for name in changed.splitlines()))
    if any(found):
        raise Failed("\n".join(filter(None, found)))


def _quietly(*command):
    try:
        run(*command)
    except Failed as failed:
        return str(failed)
    return ""


def buf():
    into = corpus.folder("buf")
    for name, source in (("corpus", corpus.CORPUS), ("include", corpus.TESTS / "include"), ("proto", ROOT / "proto")):
        shutil.copytree(source, into / name)
    (into / "proto/buf.yaml").unlink()
    (into / "buf.yaml").write_text("version: v2\nmodules:\n  - path: corpus\n  - path: include\n  - path: proto\n")
    (into / "buf.gen.yaml").write_text(
        "version: v2\ninputs:\n  - directory: corpus\nplugins:\n"
        f"  - local: {tools.plugin()}\n    out: gen\n    opt:\n" + "".join(f"      - {option}\n" for option in _options())
    )
    run(tools.node() / "buf", "generate", cwd=into)
    other = corpus.folder("buf-protoc")
    corpus.everact(other, f"{ALL},{corpus.GO}")
    trouble = list(_differences(filecmp.dircmp(into / "gen", other)))
    if trouble:
        raise Failed("\n".join(trouble))


def _options():
    return ["lang=python,typescript,go,java,kotlin", *f"import_extension=js,{corpus.GO}".split(",")]


def _differences(compared):
    yield from (f"only buf writes {compared.left}/{name}" for name in compared.left_only)
    yield from (f"only protoc writes {compared.right}/{name}" for name in compared.right_only)
    different = filecmp.cmpfiles(compared.left, compared.right, compared.common_files, shallow=False)[1]
    yield from (f"buf and protoc differ in {compared.left}/{name}" for name in different)
    for inner in compared.subdirs.values():
        yield from _differences(inner)
