"""The oracle: scenarios of Erlang's semantics, whose expected results are what Erlang/OTP itself gave.

    python3 tests/oracle DRIVER... [--only TEXT] [--prove] [--long]   plays all scenarios, compares with what OTP gave (`erlang`: OTP itself)
    python3 tests/oracle record [--only TEXT]                     plays on OTP and writes what it gave into the scenarios
    python3 tests/oracle random [--seeds N] [--first N] [DRIVER...]   random supervision trees from seeds, on OTP and on these drivers

With --prove, faults are planted: into expected results, and into what is played (proofs.py); each must be noticed. With --long each
flood of messages is sent ten times: a million wait in the longest mailbox.
README.md has the form of scenarios and the protocol. The last line is `N passed, N failed`.
"""

import argparse
import json
import sys

import play
import proofs
import random_trees
import scenarios
from driver import DRIVERS, Fault, build, topics

FAILURES_SHOWN = 5
# In answers: a wait that was in vain, a name that is wrong, a command that the driver does not have.
SUSPICIOUS = ["no more lines", "no answer", "never_entered", '"?"', '"unknown"', "impossible", "undef", "bada", "badk", "_clause"]


def check(name, found, workers, results):
    """Plays scenarios on a driver and compares; returns (passed, failed). `results` gets what OTP gave."""
    count = {True: 0, False: 0}
    played_here = topics(name)
    if name == scenarios.REFERENCE:
        found = scenarios.of_otp(found)
    found = [scenario for scenario in found if played_here is None or scenario.topic in played_here]

    def done(played, given, fault):
        scenario, label = played
        troubles = list(scenario.faults())
        troubles += [fault] if fault else scenarios.differences(scenario, scenario.expected(name), given)
        count[not troubles] += 1
        if name == scenarios.REFERENCE:
            results[scenario] = given
        if troubles:
            print(f"{name} FAILED {scenario.key}{label}", *troubles[:FAILURES_SHOWN], sep="\n    ", flush=True)

    play.play_all(name, build(name), scenarios.all_plays(found), workers, done)
    return count[True], count[False]


def record(found, workers):
    """Plays scenarios on OTP, twice, and keeps what it gave; returns (recorded, failed)."""
    given, failed = {}, set()

    def done(played, gives, fault):
        scenario, _ = played
        before = given.setdefault(scenario, gives)
        if fault or before != gives:
            failed.add(scenario)
            print(f"FAILED {scenario.key}\n    {fault or 'gave something else the second time'}", flush=True)
            for at, (first, second) in enumerate(zip(before or [], gives or [])):
                if first != second:
                    print(f"    {json.dumps(scenario.steps[at])}: {json.dumps(first)}, {json.dumps(second)}")

    play.play_all(scenarios.REFERENCE, build(scenarios.REFERENCE), scenarios.all_plays(found * 2), workers, done)
    for scenario in set(given) - failed:
        scenario.gives = given[scenario]
        for trouble in [*scenario.faults(), *suspicions(scenario)]:
            failed.add(scenario)
            print(f"FAILED {scenario.key}\n    {trouble}")
    scenarios.save([scenario for scenario in found if scenario not in failed])
    return len(given) - len(failed), len(failed)


def suspicions(scenario):
    """Answers that say that the scenario, not OTP, is wrong: they are not recorded."""
    for step, gives in zip(scenario.steps, scenario.gives, strict=True):
        text = json.dumps(gives)
        if any(word in text for word in SUSPICIOUS):
            yield f"{json.dumps(step)} gives {text}"


def options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("what", nargs="+", metavar="DRIVER", help="erlang or another of drivers/; or first of all: record, random")
    parser.add_argument("--only", metavar="TEXT", help="scenarios with TEXT in topic or name")
    parser.add_argument("--prove", action="store_true", help="plant faults and look whether they are noticed")
    parser.add_argument("--long", action="store_true", help="send each flood of 10,000 messages or more ten times")
    parser.add_argument("--seeds", type=int, default=500, metavar="N", help="random trees to play")
    parser.add_argument("--first", type=int, default=1, metavar="N", help="the first seed")
    parser.add_argument("--workers", type=int, default=4, metavar="N", help="driver processes at once")
    asked = parser.parse_args()
    if asked.prove and (asked.only or scenarios.REFERENCE not in asked.what):
        parser.error(f"--prove is about all scenarios, played on {scenarios.REFERENCE}")
    return asked


def main():
    asked = options()
    play.FLOODS = 10 if asked.long else 1
    if asked.what[0] == "random":
        passed, failed = random_trees.compare(asked.what[1:], range(asked.first, asked.first + asked.seeds), asked.workers)
    elif asked.what[0] == "record":
        passed, failed = record(scenarios.of_otp(scenarios.load(asked.only)), asked.workers)
    else:
        found, results, passed, failed = scenarios.load(asked.only), {}, 0, 0
        unknown = [name for name in asked.what if not (DRIVERS / name).is_dir()]
        if unknown:
            sys.exit(f"no such driver: {', '.join(unknown)}")
        for name in asked.what:
            ok, bad = check(name, found, asked.workers, results)
            passed, failed = passed + ok, failed + bad
        if asked.prove:
            ok, bad = proofs.prove(scenarios.of_otp(found), results, asked.workers)
            passed, failed = passed + ok, failed + bad
    print(f"{passed} passed, {failed} failed", flush=True)
    sys.exit(1 if failed or not passed else 0)


try:
    main()
except Fault as fault:
    print(f"FAILED {fault}\n0 passed, 1 failed")
    sys.exit(1)
