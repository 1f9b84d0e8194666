"""JSON that no channel sends: text, since much of it no program would write."""

import json

from hypothesis import strategies as st

HOSTILE = (
    *("[" * depth + "]" * depth for depth in (63, 64, 65, 200, 900, 940, 985, 50_000)),
    *('{"message":' * depth + "{}" + "}" * depth for depth in (70, 900, 20_000)),
    *("9" * 5000, "-" + "9" * 5000, "1e999", "-1e999", "1e-999", "9" * 19, "9" * 400, "1." + "9" * 5000),
    *("NaN", "Infinity", "-Infinity", "-0", "0.0"),
    *('"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"a\\u0000b"', '"\\u202e"', '"\ud83d\ude00"'),
    *('{"id":1,"id":"2","id":null}', '{"mid":{"mid":{}}}', "[[],[[]],{}]", '{"":""}', '{"__proto__":[]}', '"]}{["'),
    json.dumps("x" * 20_000),
    json.dumps({f"k{number}": number for number in range(500)}),
)
KINDS = ("message", "postback", "delivery", "read", "reaction", "referral", "optin", "policy_enforcement")
FIELDS = ("sender", "recipient", "timestamp", "id", "mid", "mids", "payload", "watermark", "quick_reply", "is_echo")
MORE = ("metadata", "text", "action", "source", "ref", "type", "field", "value", "referral", "attachments")

_NAMES = st.sampled_from([*KINDS, *FIELDS, *MORE]) | st.text(max_size=3)
_LEAVES = st.sampled_from(HOSTILE) | st.sampled_from(["null", "true", '"1001"', '"ACK:1"', '"react"', "1458692752478"])


def _object(pairs: list[tuple[str, str]]) -> str:
    return "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in pairs) + "}"


TEXTS = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: f"[{','.join(parts)}]")
        | st.lists(st.tuples(_NAMES, inner), max_size=5).map(_object)
    ),
    max_leaves=10,
)
"""Any value, names given twice included."""
