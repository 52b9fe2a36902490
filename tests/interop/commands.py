"""grpcurl and `buf curl` against a server: all that they know of it they hear by reflection."""

import json
import subprocess

from equipment import grpcurl
from tools import Failed, node, run

LANDED = "flights.v1.Airports/Landed"


def _call(address, method, *messages):
    """Replies of a method, as grpcurl prints them."""
    documents = "".join(json.dumps(message) for message in messages)
    host = address.removeprefix("http://")
    return _replies(run(grpcurl(), "-plaintext", "-d", documents, host, f"flights.v1.Airports/{method}", quiet=True))


def _replies(text):
    decoder, at, found = json.JSONDecoder(), 0, []
    text = text.strip()
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        found.append(value)
        while at < len(text) and text[at].isspace():
            at += 1
    return found


def _is(found, wanted):
    if found != wanted:
        raise Failed(f"wanted {wanted}\n   got {found}")


def _landed(key, number, delay):
    return {"airport": key, "flight": {"number": number, "delay": delay}}


def grpcurl_lists(address):
    host = address.removeprefix("http://")
    listed = run(grpcurl(), "-plaintext", host, "list", quiet=True).split()
    wanted = ["everact.v1.ActorService", "flights.v1.Airports", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
              "grpc.reflection.v1alpha.ServerReflection"]
    _is(listed, wanted)
    methods = run(grpcurl(), "-plaintext", host, "list", "flights.v1.Airports", quiet=True).split()
    _is([method.rsplit(".", 1)[1] for method in methods], ["Clear", "Follow", "Landed", "Late", "Note", "Summary", "Upload"])


def grpcurl_describes(address):
    host = address.removeprefix("http://")
    service = run(grpcurl(), "-plaintext", host, "describe", "flights.v1.Airports", quiet=True)
    for part in ("rpc Follow ( stream .flights.v1.LandedRequest ) returns ( stream .flights.v1.LandedResponse );", "(.everact.v1.actor) = {"):
        if part not in service:
            raise Failed(f"{part} is not in\n{service}")
    if "(.everact.v1.key) = true" not in run(grpcurl(), "-plaintext", host, "describe", "flights.v1.LandedRequest", quiet=True):
        raise Failed("the request's key is not marked")


def grpcurl_calls(address):
    _is(_call(address, "Landed", _landed("curl", "LH 454", 12)), [{"flights": "1", "meanDelay": 12}])
    _is(_call(address, "Upload", _landed("curl", "UA 1", 30), _landed("curl", "UA 2", 18)), [{"flights": "3", "meanDelay": 20}])
    _is(_call(address, "Follow", _landed("curl", "AF 1", 0), _landed("curl", "AF 2", 30)),
        [{"flights": "4", "meanDelay": 15}, {"flights": "5", "meanDelay": 18}])
    _is(_call(address, "Late", {"airport": "curl", "delay_min": 20}), [{"number": "UA 1", "delay": 30}, {"number": "AF 2", "delay": 30}])
    _is(_call(address, "Note", {"airport": "curl", "text": "fog"}), [{}])
    _is(_call(address, "Summary", {"airport": "curl"}), [{"flights": "5", "meanDelay": 18, "note": "fog"}])


def grpcurl_explains_errors(address):
    command = [grpcurl(), "-plaintext", "-d", json.dumps(_landed("curl", "bad", 1)), address.removeprefix("http://"), LANDED]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    for part in ("Code: Unknown", "no such flight", '"reason": "HandlerFailed"', '"domain": "everact.dev"'):
        if not done.returncode or part not in done.stderr:
            raise Failed(f"{part} is not in what grpcurl says (exit code {done.returncode}):\n{done.stdout}{done.stderr}")


def buf_curl(address):
    buf = node() / "buf"
    methods = run(buf, "curl", "--protocol", "grpc", "--http2-prior-knowledge", "--list-methods", address, quiet=True).split()
    if LANDED not in methods:
        raise Failed(f"{LANDED} is not in {methods}")
    for at, protocol in enumerate((["grpc", "--http2-prior-knowledge"], ["grpcweb"]), start=1):
        ask = [buf, "curl", "--protocol", *protocol, "-d"]
        _is(_replies(run(*ask, json.dumps(_landed("buf", f"LH {at}", 12)), f"{address}/{LANDED}", quiet=True)),
            [{"flights": str(at), "meanDelay": 12}])
        late = run(*ask, json.dumps({"airport": "buf"}), f"{address}/flights.v1.Airports/Late", quiet=True)
        _is([flight["number"] for flight in _replies(late)], ["LH 1", "LH 2"][:at])


CHECKS = {
    "grpcurl lists": grpcurl_lists,
    "grpcurl describes": grpcurl_describes,
    "grpcurl calls, with streams": grpcurl_calls,
    "grpcurl explains errors": grpcurl_explains_errors,
    "buf curl calls over gRPC and gRPC-Web": buf_curl,
}
