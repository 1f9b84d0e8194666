"""For schemathesis: values that no pattern describes."""

from datetime import UTC

import schemathesis
from hypothesis import strategies as st

from instantreact.api.pages import encode_cursor
from instantreact.storage.paging import Cursor

_MOMENTS = st.datetimes(timezones=st.just(UTC))

_IDS = st.uuids().map(lambda each: each.hex)

schemathesis.openapi.format("cursor", st.builds(Cursor, _MOMENTS, _IDS).map(encode_cursor))
