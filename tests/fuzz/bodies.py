"""Hostile bodies: what a stranger may send to a handler that takes JSON. All of it comes from one random source, so a seed repeats a run."""

import gzip
import json
import random

TEXTS = ["", "a", "\u0000", "\ud800", "é", "𝄞", "]" * 40, '\\"', "__proto__", "constructor", "x" * 70_000]
NUMBERS = ["0", "-0", "1e400", "-1e-400", "9007199254740993", "18446744073709551616", "1" * 1_000, "0." + "3" * 400, "1E5", "01", "+1",
           "NaN", "Infinity", "-Infinity", "0x10", "1_000", ".5", "5."]
NOT_JSON = [b"", b" ", b"\x00", b"\xef\xbb\xbf1", b"\xff\xfe1\x00", b"\xc3", b"\xed\xa0\x80", b'"\xff"', b"'a'", b"{a:1}", b"[1,]", b"{,}", b"// 1\n1",
            b"1 2", b"nul", b"truE", b'"\x01"', b'"\\x"', b'"\\u12"', b'{"a":1,"a":2}', b'{"":{"":{}}}', b"]", b"}", b"[}", b'{"a"]', b'"']


def hostile(source: random.Random):
    """A body and its headers."""
    make = source.choice([nested, nested, rich, number, text, odd, mutated, mutated, noise, packed])
    body = make(source)
    headers = {"content-type": "application/json"}
    if make is packed:
        headers["content-encoding"] = "gzip"
    elif source.random() < 0.05:
        headers["content-type"] = source.choice(["text/plain", "application/json; charset=utf-16", "", "application/grpc"])
    return body, headers


def nested(source):
    """Brackets within brackets: closed, half closed, wrongly closed, around a value or not."""
    depth = source.choice([1, 50, 127, 128, 129, 500, 1_000, 5_000, 100_000, 2_000_000])
    opening, closing = source.choice([("[", "]"), ('{"a":', "}"), ('[{"b":', "}]"), ("[ ", " ]"), ('{"x":[', "]}")])
    kept = source.choice([depth, depth, depth, depth // 2, 0])
    inner = source.choice(["", "1", '"]"', "null"])
    whole = opening * depth + inner + closing * kept
    return source.choice(["{}", '{{"name":"a","home":{}}}', "[1,{}]"]).format(whole).encode()


def rich(source):
    """Very many elements."""
    item = source.choice(["1", "[]", "{}", '""', '{"a":1}', "null"])
    return f"[{','.join([item] * source.choice([10, 1_000, 100_000, 700_000]))}]".encode()


def number(source):
    """Numbers that no number type holds, and what only looks like one."""
    return source.choice(["{}", "[{}]", '{{"amount":{}}}', '{{"name":"a","age":{}}}']).format(source.choice(NUMBERS)).encode()


def text(source):
    """Texts that are long, no Unicode, or look like something else, as values and as names."""
    one = json.dumps(source.choice(TEXTS))
    return source.choice(["{}", "[{}]", '{{{}:1}}', '{{"name":{}}}']).format(one).encode()


def odd(source):
    """What is not JSON, each in its own way."""
    return source.choice(NOT_JSON)


def mutated(source):
    """A good message with bytes changed, left out, repeated or cut off."""
    good = json.dumps({"name": "a", "age": 3, "tags": ["x", "y"], "home": {"zip": 12345}, "amount": 1.5, "deep": [[[{}]]]}).encode()
    body = bytearray(good)
    for _ in range(source.randint(1, 6)):
        at = source.randrange(len(body)) if body else 0
        match source.randrange(4):
            case 0 if body:
                body[at] = source.randrange(256)
            case 1:
                del body[at:at + source.randint(1, 8)]
            case 2:
                body[at:at] = body[at:at + source.randint(1, 20)] * source.randint(1, 50)
            case _:
                del body[at:]
    return bytes(body)


def noise(source):
    """Bytes without sense, with many of those that mean something in JSON."""
    return bytes(source.choice(b'[]{}",:\\0123456789truefalsn \n\xff\xc3\x00') for _ in range(source.choice([3, 30, 300, 3_000])))


def packed(source):
    """gzip: of something hostile, of far too much, cut off, or not at all."""
    match source.randrange(4):
        case 0:
            return gzip.compress(b"[" * 3_000_000)
        case 1:
            return gzip.compress(b" " * 60_000_000, 1)
        case 2:
            return gzip.compress(b'{"a":1}')[:-9]
        case _:
            return b"\x1f\x8b" + bytes(source.randrange(256) for _ in range(50))
