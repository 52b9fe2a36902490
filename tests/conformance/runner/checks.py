"""Expectations: compares an answer with what a step says about it."""

import hashlib
import re
import uuid
from fractions import Fraction

GOLDEN = 0x9E3779B97F4A7C15
MASK = (1 << 64) - 1
INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|\+00:00)")
DURATION = re.compile(r"P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
ERROR_TEXT_MAX = 1 << 20
"""Characters of an error's text that any caller can bear."""


class Mismatch(Exception):
    """What came is not what was expected; the text says both."""


def letters(count):
    """abc...zabc..."""
    return ("abcdefghijklmnopqrstuvwxyz" * (count // 26 + 1))[:count]


def pattern(value):
    """Expands {"text_pattern": n} to its text, {"index_texts": n} to ["0", "1", ...] and {"bytes_pattern": n} to what a
    driver reports about these bytes."""
    if isinstance(value, dict) and set(value) == {"text_pattern"}:
        return letters(value["text_pattern"])
    if isinstance(value, dict) and set(value) == {"index_texts"}:
        return [str(index) for index in range(value["index_texts"])]
    if isinstance(value, dict) and set(value) == {"bytes_pattern"}:
        count = value["bytes_pattern"]
        data = (bytes(range(251)) * (count // 251 + 1))[:count]
        return {"bytes_length": count, "bytes_sha256": hashlib.sha256(data).hexdigest()}
    return value


def short(value):
    """A value for a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}... ({len(text)} characters)"


def equal(got, expected):
    """Deep equality in which true is not 1, and a reported byte string may carry more fields."""
    expected = pattern(expected)
    if isinstance(got, dict) and "bytes_sha256" in got and isinstance(expected, dict):
        return all(got.get(name) == value for name, value in expected.items())
    if isinstance(got, bool) or isinstance(expected, bool):
        return got is expected
    if isinstance(got, dict) and isinstance(expected, dict):
        return got.keys() == expected.keys() and all(equal(got[name], expected[name]) for name in got)
    if isinstance(got, list) and isinstance(expected, list):
        return len(got) == len(expected) and all(map(equal, got, expected))
    if isinstance(got, str) and isinstance(expected, str):
        return _plain(got) == _plain(expected)
    return got == expected


def _plain(text):
    """An instant or a duration in the one form in which it can be compared; any other text as it is."""
    if INSTANT.fullmatch(text):
        return INSTANT.sub(_whole, text)
    duration = DURATION.fullmatch(text)
    if duration:
        days, hours, minutes, seconds = (Fraction(part or 0) for part in duration.groups())
        return f"{((days * 24 + hours) * 60 + minutes) * 60 + seconds} seconds"
    return text


def _whole(instant):
    """An instant with as many digits of a second as it needs: a language may write more of them."""
    seconds = f"{instant[1]}.{instant[2] or ''}".rstrip("0").rstrip(".")
    return f"{seconds}Z"


def check(expectation, body, took_ms):
    """Raises Mismatch where an answer is not as the step expects."""
    _check_error(expectation, body)
    result = body.get("result")
    for name in expectation.get("sets", []):
        result = {**result, name: sorted(result[name])} if isinstance(result, dict) and isinstance(result.get(name), list) else result
    if "expect" in expectation and not equal(result, expectation["expect"]):
        raise Mismatch(f"expected {short(pattern(expectation['expect']))}, got {short(result)}")
    if "any_of" in expectation and not any(equal(result, one) for one in expectation["any_of"]):
        raise Mismatch(f"expected one of {short(expectation['any_of'])}, got {short(result)}")
    for name, value in expectation.get("matches", {}).items():
        if not isinstance(result, dict) or not equal(result.get(name), value):
            raise Mismatch(f"expected {name} = {short(value)}, got {short(result)}")
    for name, value in expectation.get("at_most", {}).items():
        if not isinstance(result, dict) or result.get(name, value + 1) > value:
            raise Mismatch(f"expected {name} of at most {value}, got {short(result)}")
    _check_length(expectation, result)
    where = body.get("message", "") if "error" in body else str(result)
    for text in expectation.get("contains", []):
        if str(text) not in where:
            raise Mismatch(f"expected a text that contains {text!r}, got {short(where)}")
    if "check" in expectation:
        NAMED[expectation["check"]](result)
    if took_ms < expectation.get("took_at_least_ms", 0):
        raise Mismatch(f"took {took_ms:.0f} ms, expected at least {expectation['took_at_least_ms']}")
    if took_ms > expectation.get("took_at_most_ms", 1e9):
        raise Mismatch(f"took {took_ms:.0f} ms, expected at most {expectation['took_at_most_ms']}")


def _check_length(expectation, result):
    if "length" in expectation and (not isinstance(result, list) or len(result) != expectation["length"]):
        raise Mismatch(f"expected {expectation['length']} entries, got {short(result)}")
    for index, fields in enumerate(expectation.get("entries", [])):
        for name, value in fields.items():
            if not isinstance(result, list) or index >= len(result) or not equal(result[index].get(name), value):
                raise Mismatch(f"expected entry {index} with {name} = {short(value)}, got {short(result)}")


def _check_error(expectation, body):
    if "error" not in expectation:
        if "error" in body:
            raise Mismatch(f"got {body['error']}: {short(body.get('message', ''))}")
        return
    for name, value in expectation.get("shows", {}).items():
        if not equal(body.get(name), value):
            raise Mismatch(f"expected an error with {name} = {short(value)}, got {short(body)}")
    names = expectation["error"] if isinstance(expectation["error"], list) else [expectation["error"]]
    if len(body.get("message") or "") > ERROR_TEXT_MAX:
        raise Mismatch(f"an error text of {len(body['message'])} characters")
    if None in names and "error" not in body:
        return
    if body.get("error") not in names:
        names = [name or "a result" for name in names]
        got = f"{body['error']}: {body.get('message')}" if "error" in body else short(body.get("result"))
        raise Mismatch(f"expected the error {' or '.join(names)}, got {got}")
    if "retryable" in expectation and body.get("retryable") is not expectation["retryable"]:
        raise Mismatch(f"expected retryable = {expectation['retryable']}, got {body.get('retryable')}")


def _unshift(value, bits):
    """Undoes x ^ (x >> bits) on 64 bits."""
    result = value
    for _ in range(64 // bits + 1):
        result = value ^ (result >> bits)
    return result


def splitmix_state(draw):
    """The state that SplitMix64 had when it gave this draw."""
    value = _unshift(draw, 31)
    value = value * pow(0x94D049BB133111EB, -1, 1 << 64) & MASK
    value = _unshift(value, 27)
    value = value * pow(0xBF58476D1CE4E5B9, -1, 1 << 64) & MASK
    return _unshift(value, 30)


def splitmix_draw(state):
    """The draw that SplitMix64 gives in this state."""
    value = state
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB & MASK
    return value ^ (value >> 31)


def _id_from(state):
    """The id that two draws give, the first of them in this state."""
    high, low = splitmix_draw(state), splitmix_draw(state + GOLDEN & MASK)
    high = high & ~0xF000 | 0x4000
    low = low & ~(3 << 62) | 2 << 62
    return str(uuid.UUID(int=high << 64 | low))


def check_dice(result):
    """A roll of `dice`: time stands still within the turn; ids and randoms are SplitMix64's six draws from one seed.

    An id hides four bits of its first draw and two of its second. All 64 ways to fill them in are tried; only the true one
    makes the second draw follow the first, and from its state every other number of the turn is foreseen.
    """
    if result["now_before"] != result["now_after"]:
        raise Mismatch(f"now moved within a turn: {result['now_before']}, {result['now_after']}")
    for text in result["ids"]:
        if uuid.UUID(text).version != 4 or uuid.UUID(text).variant != uuid.RFC_4122 or text != text.lower():
            raise Mismatch(f"{text} is no version-4 UUID in lower case")
    whole = uuid.UUID(result["ids"][0]).int
    high, low = whole >> 64, whole & MASK
    states = [splitmix_state(high & ~0xF000 | version << 12) for version in range(16)]
    followers = {splitmix_state(low & ~(3 << 62) | variant << 62) for variant in range(4)}
    state = next((state for state in states if state + GOLDEN & MASK in followers), None)
    if state is None:
        raise Mismatch(f"{result['ids'][0]} is not made of two draws of SplitMix64")
    if _id_from(state + 2 * GOLDEN & MASK) != result["ids"][1]:
        raise Mismatch("the second id is not made of the third and fourth draw")
    for index, number in enumerate(result["randoms"]):
        expected = (splitmix_draw(state + (4 + index) * GOLDEN & MASK) >> 11) / (1 << 53)
        if number != expected:
            raise Mismatch(f"random number {index + 1} is {number}, SplitMix64 gives {expected}")


def check_three_streams_of_sixty(result):
    """Entries `p:0 .. p:59`, `q:...` and `r:...`, mixed, but each stream whole and in order."""
    for prefix in ("p:", "q:", "r:"):
        stream = [entry[2:] for entry in result if entry.startswith(prefix)]
        if stream != [str(index) for index in range(60)]:
            raise Mismatch(f"the stream {prefix} arrived as {short(stream)}")
    if len(result) != 180:
        raise Mismatch(f"{len(result)} entries instead of 180")


def check_some_unavailable(result):
    """Of a batch on a disk that becomes full: some asks were refused, with `Unavailable` and nothing else."""
    if set(result["errors"]) != {"Unavailable"}:
        raise Mismatch(f"expected Unavailable and nothing else, got {short(result)}")


NAMED = {
    "dice": check_dice,
    "three_streams_of_sixty": check_three_streams_of_sixty,
    "some_unavailable": check_some_unavailable,
}
