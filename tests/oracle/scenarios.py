"""The scenarios on disk: reading, checking, writing what OTP gave.

A step is a command, which gives "ok", or {"do": command, "gives": what OTP gave}; {"ours": what we give} beside that where we differ
on purpose, and then the scenario says why in its field `differs`. What OTP does not have at all is in scenarios that OTP does not
play: `alone` says what that is, and their steps have `ours` only.
"""

import json
import re
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "scenarios"
REFERENCE = "erlang"
FUNCTIONS, HANDLER = '"style": "functions"', '"style": "handler"'
NAME = re.compile(r"[a-z][a-z0-9_]{12,}")


class Scenario:
    """One scenario; `key` is its topic and name."""

    def __init__(self, path, topic, record):
        self.path, self.topic, self.name = path, topic, record["name"]
        self.differs, self.alone = record.get("differs"), record.get("alone")
        self.key = f"{topic}: {self.name}"
        pairs = [(step, {"gives": "ok"}) if isinstance(step, list) else (step["do"], step) for step in record["steps"]]
        self.steps = [step for step, _ in pairs]
        self.gives = [pair[1].get("gives") for pair in pairs]
        self.ours = {at: pair[1]["ours"] for at, pair in enumerate(pairs) if "ours" in pair[1]}

    def plays(self):
        """(label, steps) of each way in which the scenario is played: a state machine in both styles, which must give the same."""
        yield "", self.steps
        text = json.dumps(self.steps)
        if FUNCTIONS in text:
            yield " (one handler)", json.loads(text.replace(FUNCTIONS, HANDLER))

    def expected(self, language):
        """What each step gives in a language: where we differ on purpose, OTP's is not ours."""
        return [self.gives[at] if language == REFERENCE else self.ours.get(at, self.gives[at]) for at in range(len(self.steps))]

    def faults(self):
        """What is wrong with the scenario itself."""
        if not NAME.fullmatch(self.name):
            yield f"{self.name} is no sentence in lower snake case"
        if bool(self.differs or self.alone) != bool(self.ours):
            yield "`differs` or `alone` says why a step has `ours`: one is there without the other"
        if self.alone and (self.differs or any(given not in (None, "ok") for given in self.gives)):
            yield "`alone`: OTP does not play it, so it gives nothing there"
        if all(given == "ok" for given in self.gives):
            yield "observes nothing: every step gives ok"

    def record(self):
        """The scenario as it stands in its file, a step a line."""
        lines = [f'    {{"name": {json.dumps(self.name)},']
        for field in ("differs", "alone"):
            if getattr(self, field):
                lines.append(f'     "{field}": {json.dumps(getattr(self, field))},')
        steps = ",\n".join(f"      {self.line(at)}" for at in range(len(self.steps)))
        return "\n".join([*lines, f'     "steps": [\n{steps}]}}'])

    def line(self, at):
        """One step as JSON."""
        if self.gives[at] == "ok" and at not in self.ours:
            return json.dumps(self.steps[at])
        gives = {} if self.alone else {"gives": self.gives[at]}
        ours = {"ours": self.ours[at]} if at in self.ours else {}
        return json.dumps({"do": self.steps[at], **gives, **ours})


def load(only=None):
    """All scenarios in the order of the files; the run ends here if one of them is not well made."""
    found, names = [], set()
    for path in sorted(FOLDER.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        for record in document["scenarios"]:
            scenario = Scenario(path, document["topic"], record)
            if scenario.name in names:
                sys.exit(f"{path.name}: {scenario.name} is there twice")
            names.add(scenario.name)
            if not only or only in scenario.key:
                found.append(scenario)
    return found


def save(scenarios):
    """Writes the files of these scenarios anew; other scenarios of the same files stay as they are."""
    new = {scenario.name: scenario for scenario in scenarios}
    for path in {scenario.path for scenario in scenarios}:
        document = json.loads(path.read_text(encoding="utf-8"))
        all_of_it = [new.get(record["name"]) or Scenario(path, document["topic"], record) for record in document["scenarios"]]
        body = ",\n".join(scenario.record() for scenario in all_of_it)
        path.write_text(f'{{\n  "topic": {json.dumps(document["topic"])},\n  "scenarios": [\n{body}\n  ]\n}}\n', encoding="utf-8")


def of_otp(found):
    """Those that OTP plays."""
    return [scenario for scenario in found if not scenario.alone]


def all_plays(found):
    """((scenario, label), steps) of all plays of these scenarios."""
    return [((scenario, label), steps) for scenario in found for label, steps in scenario.plays()]


def differences(scenario, expected, given):
    """One line for each step that gave something else."""
    for at, (step, wanted, got) in enumerate(zip(scenario.steps, expected, given, strict=True)):
        if wanted != got:
            yield f"step {at + 1} {json.dumps(step)}: {json.dumps(got)}, expected {json.dumps(wanted)}"
