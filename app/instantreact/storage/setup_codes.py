"""The code that makes its holder the first administrator: printed at start, good once and for an hour."""

import base64
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.storage.keys import hash_key
from instantreact.storage.tables import SetupCode

LIFE = timedelta(hours=1)


def make_code() -> str:
    """80 random bits, to be typed: XXXX-XXXX-XXXX-XXXX."""
    letters = base64.b32encode(secrets.token_bytes(10)).decode()
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def hash_code(code: str) -> str:
    """However it was typed: case, spaces and dashes do not count."""
    return hash_key("".join(letter for letter in code.upper() if letter.isalnum()))


async def add_setup_code(session: AsyncSession, code: str, *, now: datetime) -> None:
    """Beside those that other processes have printed; expired ones go."""
    await session.execute(delete(SetupCode).where(SetupCode.expires_at <= now))
    session.add(SetupCode(sha256=hash_code(code), expires_at=now + LIFE))


async def use_setup_code(session: AsyncSession, code: str, *, now: datetime) -> bool:
    """Whether it was good. Then none is good any more, once the transaction is committed."""
    every = select(SetupCode).order_by(SetupCode.sha256).with_for_update()  # in one order, lest two wait for each other
    rows = await session.scalars(every.execution_options(populate_existing=True))
    if not any(row.sha256 == hash_code(code) and row.expires_at > now for row in rows.all()):
        return False
    await session.execute(delete(SetupCode))
    return True
