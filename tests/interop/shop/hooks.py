"""What schemathesis generates, made into what the door's JSON reader takes."""

import schemathesis


@schemathesis.hook
def map_body(context, body):
    """A whole number as an integer: to JSON Schema 1.0 is one too, but an enum's number is not read from it."""
    del context
    return _whole(body)


def _whole(value):
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**31:
        return int(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {name: _whole(item) for name, item in value.items()}
    return value
