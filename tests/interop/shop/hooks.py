"""What schemathesis generates, made into what the door takes where a schema cannot say it."""

import re

import schemathesis


@schemathesis.hook
def map_body(context, body):
    """A stream is for one actor: only its first message names one. Numbers are as `_number` says."""
    del context
    if isinstance(body, list):
        body = [_without_cart(message) if at else message for at, message in enumerate(body)]
    return _mapped(body)


@schemathesis.hook
def map_query(context, query):
    """Numbers are as `_number` says."""
    del context
    return _mapped(query)


def _without_cart(message):
    return {name: value for name, value in message.items() if name != "cart"} if isinstance(message, dict) else message


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
