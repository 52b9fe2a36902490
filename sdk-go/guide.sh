#!/usr/bin/env bash
# The Go of each guide as one program: what it declares, then what it does with an engine that has all its kinds. No error may come, and what a
# comment says of a value (`sum, err := add.Ask(ctx, counter, 2) // 8`) must hold.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp go.sum "$folder"
cat >"$folder/go.mod" <<MOD
module guide

go 1.22

require github.com/everact/everact-go v0.0.0

require github.com/ebitengine/purego v0.10.2 // indirect

replace github.com/everact/everact-go => $PWD
MOD
for guide in processes behaviours supervision live; do
    mkdir "$folder/$guide"
    python3 - "../docs/guide/$guide.md" "$folder/$guide/main.go" <<'PROGRAM'
import re
import sys
from pathlib import Path

PACKAGES = ["bytes", "context", "encoding/json", "errors", "fmt", "log", "os", "strconv", "strings", "time"]
guide, to = map(Path, sys.argv[1:])
blocks = re.findall(r"^```go\n(.*?)^```", guide.read_text(), re.M | re.S)
declares = [block for block in blocks if re.match(r"type |var |func |const ", block)]
does = [block for block in blocks if block not in declares]
KIND = r"^(?:var |\t)(\w+) += everact\.(?:NewProcess|NewServer|NewStateMachine|NewEventManager|ProcessFunc)\b"
kinds = [name for block in declares for name in re.findall(KIND, block, re.M)]
assert len(blocks) > 1 and kinds, f"{guide} has lost its Go"


def statements(block: str) -> list[str]:
    """The statements of a block: a line, or what is between an unfinished one and its closing brace."""
    found: list[str] = []
    for line in block.splitlines():
        if found and (line[:1] in ("\t", "}", ")") or (not line and found[-1].endswith(("{", "(")))):
            found[-1] += "\n" + line
        else:
            found.append(line)
    return found


def checked(statement: str) -> str:
    """A statement, after which every variable is used, every error is none, and a value is what the comment says."""
    found = re.match(r"(?!for |if )([a-z_][\w, ]*?) :?= ", statement)
    if not found:
        return statement
    names = [name.strip() for name in found[1].split(",")]
    lines = [statement, *(f"_ = {name}" for name in names if name != "_")]
    if "err" in names:
        lines.append("must(err)")
    values = [name for name in names if name not in ("_", "err")]
    comment = re.search(r" // (.*)$", statement.splitlines()[-1])
    said = comment[1] if comment else ""
    if values and said and (" " not in said.split(",")[0] or '"' in said or said[0] == "["):
        lines.append(f"says({values[-1]}, `{said}`)")
    return "\n".join(lines)


body = "\n{\n".join("\n".join(checked(statement) for statement in statements(block)) for block in does)
body = re.sub(r"WithKinds\(\w+\)", f"WithKinds({', '.join(kinds)})", body)
code = "\n".join(declares) + f"""
func main() {{
ctx := context.Background()
{body}
{"}" * len(does)}

func must(err error) {{
	if err != nil {{
		panic(err)
	}}
}}

func says(value any, said string) {{
	text := fmt.Sprint(value)
	if raw, ok := value.(interface{{ MarshalJSON() ([]byte, error) }}); ok {{
		json, _ := raw.MarshalJSON()
		text = string(json)
	}}
	if text == "" || !strings.HasPrefix(said, text) {{
		panic(fmt.Sprintf("%q is said, %q it is", said, text))
	}}
}}
"""
used = [name for name in PACKAGES if re.search(rf"\b{name.split('/')[-1]}\.", code)]
imports = "\n".join(f'"{name}"' for name in used)
to.write_text(f'package main\n\nimport (\n{imports}\n\neveract "github.com/everact/everact-go"\n)\n\n{code}')
PROGRAM
    (cd "$folder" && go run "./$guide") || { sed 's/^/    /' "$folder/$guide/main.go"; exit 1; }
done
