"""The second factor: codes of half a minute (TOTP, RFC 6238), and recovery codes for when the app is lost.

Each code is good once: the half minute whose code was used last is remembered, and used recovery codes go.
"""

import hmac
from datetime import datetime

import pyotp
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.errors import InvalidInput
from instantreact.storage.secrets import SecretBox
from instantreact.storage.setup_codes import hash_code, make_code
from instantreact.storage.tables import User
from instantreact.storage.users import lock_user

ISSUER = "InstantReact"
RECOVERY_CODES = 10
STEP_S = 30
_DRIFT = (0, -1, 1)
"""Steps by which the clocks of people are off, the likeliest first."""


async def begin_totp(session: AsyncSession, box: SecretBox, user_id: str) -> tuple[str, str]:
    """A new secret, and the address that apps read from a QR code; it counts once `confirm_totp` has seen a code."""
    row = await lock_user(session, user_id)
    secret = pyotp.random_base32()
    row.totp_pending = box.seal(secret)
    return secret, pyotp.TOTP(secret).provisioning_uri(name=row.name, issuer_name=ISSUER)


async def confirm_totp(session: AsyncSession, box: SecretBox, user_id: str, code: str, *, now: datetime) -> list[str]:
    """From now on it is asked for; the recovery codes, which nobody can show again. Raises InvalidInput."""
    row = await lock_user(session, user_id)
    if row.totp_pending is None:
        raise InvalidInput("There is no second factor to confirm: begin with POST /session/totp.")
    step = _find_step(box.open(row.totp_pending), code, now)
    if step is None:
        raise InvalidInput("The code is not the one that the app should show now: is its clock right?")
    codes = [make_code() for _ in range(RECOVERY_CODES)]
    row.totp_secret, row.totp_pending, row.totp_step = row.totp_pending, None, step
    row.recovery_codes = [hash_code(each) for each in codes]
    return codes


async def drop_totp(session: AsyncSession, user_id: str) -> User:
    """The password is enough again. Raises NotFound."""
    row = await lock_user(session, user_id)
    row.totp_secret = row.totp_pending = row.totp_step = row.recovery_codes = None
    return row


async def use_code(session: AsyncSession, box: SecretBox, user_id: str, code: str, *, now: datetime) -> bool:
    """Whether it is one of theirs that was not used yet; it is used now."""
    row = await lock_user(session, user_id)
    if row.totp_secret is None:
        return True
    step = _find_step(box.open(row.totp_secret), code, now)
    if step is not None:
        is_used = row.totp_step is not None and step <= row.totp_step
        row.totp_step = row.totp_step if is_used else step
        return not is_used
    left = [each for each in row.recovery_codes or () if not hmac.compare_digest(each, hash_code(code))]
    is_recovery = len(left) < len(row.recovery_codes or ())
    row.recovery_codes = left
    return is_recovery


async def reseal_totp(session: AsyncSession, box: SecretBox) -> None:
    """Encrypt every secret with the newest key, so that the others can be taken out of the settings."""
    there = or_(User.totp_secret.is_not(None), User.totp_pending.is_not(None))
    for row in await session.scalars(select(User).where(there).with_for_update()):
        row.totp_secret = None if row.totp_secret is None else box.reseal(row.totp_secret)
        row.totp_pending = None if row.totp_pending is None else box.reseal(row.totp_pending)


def _find_step(secret: str, code: str, now: datetime) -> int | None:
    digits, totp = code.replace(" ", "").encode(), pyotp.TOTP(secret)
    step = _seconds(now) // STEP_S
    fits = [step + drift for drift in _DRIFT if hmac.compare_digest(totp.generate_otp(step + drift).encode(), digits)]
    return fits[0] if fits else None


def _seconds(now: datetime) -> int:
    return int(now.timestamp())
