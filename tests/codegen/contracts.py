"""Our own contracts (proto/): buf's lint and form, and nothing that breaks those who were generated from what was accepted before."""

import re
import shutil
import sys

import corpus
import tools
from tools import HERE, ROOT, Failed, run

PROTO = ROOT / "proto"
# The contracts as they were accepted last; `--write` makes it the present ones, after a change that was meant.
ACCEPTED = HERE / "accepted.binpb"


def contracts():
    buf = tools.node() / "buf"
    run(buf, "lint", PROTO)
    run(buf, "format", "--diff", "--exit-code", PROTO)
    if "--write" in sys.argv:
        run(buf, "build", PROTO, "--exclude-source-info", "-o", ACCEPTED)
    _is_compatible(PROTO)
    _would_be_noticed()


def _is_compatible(folder):
    run(tools.node() / "buf", "breaking", folder, "--against", ACCEPTED)


def _would_be_noticed():
    """A copy whose asks have no key must be refused: the check can fail."""
    copy = corpus.folder("contracts")
    shutil.copytree(PROTO, copy, dirs_exist_ok=True)
    contract = copy / "everact/v1/runtime.proto"
    text = contract.read_text()
    ask = text.index("message AskRequest {")
    contract.write_text(text[:ask] + re.sub(r"\n *string key = \d+;", "", text[ask:], count=1))
    try:
        _is_compatible(copy)
    except Failed as failed:
        if '"key"' in str(failed):
            return
        raise
    raise Failed("buf breaking did not notice that asks have no key any more")
