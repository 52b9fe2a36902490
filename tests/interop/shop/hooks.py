"""What schemathesis generates, made into what the gateway takes where a schema cannot say it; and a good call after each of its calls."""

import json
import re
import urllib.request

import schemathesis

# The fields that name an actor, and a call that each actor must answer at any time (a method that no route has moved).
GOOD_CALLS = {"cart": "/shop.v1.Cart/Wait", "airport": "/flights.v1.Airports/Summary"}
KEY_BYTES_MAX = 1024


@schemathesis.hook
def after_call(context, case, response):
    """Whatever an actor was called with, it answers the next call."""
    del context
    body = case.body[0] if isinstance(case.body, list) and case.body else case.body
    for source in (body, case.query, case.path_parameters):
        for field, path in GOOD_CALLS.items():
            key = source.get(field) if isinstance(source, dict) else None
            if isinstance(key, str) and 0 < len(key.encode(errors="replace")) <= KEY_BYTES_MAX:
                _good_call(response.request.url, path, {field: key})


def _good_call(called, path, message):
    url = "/".join(called.split("/")[:3]) + path
    request = urllib.request.Request(url, json.dumps(message).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:  # another status than 200 is an error
        json.load(answer)


@schemathesis.hook
def map_body(context, body):
    """A stream is for one actor: only its first message names one. Numbers are as `_number` says."""
    del context
    if isinstance(body, list):
        body = [_without_key(message) if at else message for at, message in enumerate(body)]
    return _mapped(body)


@schemathesis.hook
def map_query(context, query):
    """Numbers are as `_number` says."""
    del context
    return _mapped(query)


def _without_key(message):
    return {name: value for name, value in message.items() if name not in GOOD_CALLS} if isinstance(message, dict) else message


def _mapped(value):
    if isinstance(value, list):
        return [_mapped(item) for item in value]
    if isinstance(value, dict):
        return {name: _mapped(item) for name, item in value.items()}
    return _number(value)


def _number(value):
    """To JSON Schema 1.0 is an integer, but an enum's number is not read from it; and a pattern of digits has no largest number."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**31:
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{19,}", value):
        return value[:18]
    return value
