"""Users, sessions, guesses and codes on both databases, where two come at once."""

import asyncio
from datetime import timedelta

import pyotp
import pytest
from cryptography.fernet import Fernet

from instantreact.domain.user import Role
from instantreact.errors import Conflict, Misconfigured, NotFound
from instantreact.storage import guesses, second_factors, setup_codes, user_sessions, users
from instantreact.storage.database import Database
from instantreact.storage.secrets import SecretBox
from instantreact.storage.tables import User
from instantreact.storage.user_sessions import SessionLimits, Visitor
from instantreact.storage.users import UserChanges
from tests.storage.factories import NOW

OLD_KEY, NEW_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()
BOX = SecretBox([OLD_KEY])


async def add(database: Database, name: str, role: Role = Role.OPERATOR) -> User:
    async with database.unit_of_work() as session:
        return await users.create_user(session, UserChanges(name, role), now=NOW)


async def begin(database: Database, user: User, limits: SessionLimits | None = None) -> str:
    async with database.unit_of_work() as session:
        row, _ = await user_sessions.begin_session(session, user.id, Visitor(None), limits or SessionLimits(), now=NOW)
    return row.id


async def list_open(database: Database) -> set[str]:
    async with database.reading() as session:
        return {row.id for row, _ in await user_sessions.list_signed_in(session)}


async def test_of_two_administrators_who_demote_each_other_at_once_one_stays(database: Database) -> None:
    people = [await add(database, name, Role.ADMINISTRATOR) for name in ("Ana", "Ben")]

    async def demote(user: User) -> None:
        async with database.unit_of_work() as session:
            await users.replace_user(session, user.id, UserChanges(user.name, Role.VIEWER))

    done = await asyncio.gather(*map(demote, people), return_exceptions=True)

    assert [type(each) for each in done if each is not None] == [Conflict]
    async with database.reading() as session:
        assert await users.has_administrator(session)


async def test_of_two_set_up_codes_at_once_one_is_good(database: Database) -> None:
    for _ in range(5):
        codes = [setup_codes.make_code() for _ in range(4)]
        async with database.unit_of_work() as session:
            for code in codes:
                await setup_codes.add_setup_code(session, code, now=NOW)

        async def use(code: str) -> bool:
            async with database.unit_of_work() as session:
                return await setup_codes.use_setup_code(session, code, now=NOW)

        assert sorted(await asyncio.gather(*map(use, codes))) == [False] * 3 + [True]


async def test_user_goes_with_their_sessions_and_no_others(database: Database) -> None:
    ana, ben = await add(database, "Ana"), await add(database, "Ben")
    await begin(database, ana)
    kept = await begin(database, ben)
    async with database.unit_of_work() as session:
        await users.remove_user(session, ana.id)

    assert await list_open(database) == {kept}
    with pytest.raises(NotFound):
        async with database.unit_of_work() as session:
            await users.lock_user(session, ana.id)


async def test_begin_of_a_session_deletes_those_that_are_over(database: Database) -> None:
    ana = await add(database, "Ana")
    await begin(database, ana)
    later = NOW + timedelta(days=8)
    async with database.unit_of_work() as session:
        row, _ = await user_sessions.begin_session(session, ana.id, Visitor(None), SessionLimits(), now=later)

    assert await list_open(database) == {row.id}


async def test_guesses_at_once_are_all_counted_and_right_ones_taken_back(database: Database) -> None:
    limits = {"user a": 5, "address b": 7}

    async def guess() -> bool:
        async with database.unit_of_work() as session:
            return await guesses.count_guess(session, limits, now=NOW)

    assert sorted(await asyncio.gather(*(guess() for _ in range(8)))) == [False] * 3 + [True] * 5
    async with database.unit_of_work() as session:
        assert await guesses.find_wait_s(session, limits, now=NOW + timedelta(minutes=5)) == 600
        for _ in range(4):
            await guesses.take_back_guess(session, limits)
        assert await guesses.find_wait_s(session, limits, now=NOW) is None
    async with database.unit_of_work() as session:
        assert await guesses.count_guess(session, limits, now=NOW + guesses.WITHIN)
        assert await guesses.find_wait_s(session, {"user a": 1}, now=NOW + guesses.WITHIN) == 900


async def test_set_up_code_is_used_by_one_of_two(database: Database) -> None:
    code = setup_codes.make_code()
    async with database.unit_of_work() as session:
        await setup_codes.add_setup_code(session, code, now=NOW)

    async def use() -> bool:
        async with database.unit_of_work() as session:
            return await setup_codes.use_setup_code(session, code, now=NOW)

    assert sorted(await asyncio.gather(use(), use())) == [False, True]


async def test_code_is_used_by_one_of_two(database: Database) -> None:
    ana = await add(database, "Ana")
    async with database.unit_of_work() as session:
        secret, _ = await second_factors.begin_totp(session, BOX, ana.id)
        codes = await second_factors.confirm_totp(session, BOX, ana.id, pyotp.TOTP(secret).at(NOW), now=NOW)
    later = NOW + timedelta(minutes=1)

    async def use(code: str) -> bool:
        async with database.unit_of_work() as session:
            return await second_factors.use_code(session, BOX, ana.id, code, now=later)

    for code in (pyotp.TOTP(secret).at(later), codes[0]):
        assert sorted(await asyncio.gather(use(code), use(code))) == [False, True]


async def test_secrets_of_second_factors_follow_the_newest_key(database: Database) -> None:
    ana = await add(database, "Ana")
    rotated, new = SecretBox([NEW_KEY, OLD_KEY]), SecretBox([NEW_KEY])
    async with database.unit_of_work() as session:
        secret, _ = await second_factors.begin_totp(session, BOX, ana.id)
        await second_factors.confirm_totp(session, BOX, ana.id, pyotp.TOTP(secret).at(NOW), now=NOW)
    later = NOW + timedelta(minutes=1)
    code = pyotp.TOTP(secret).at(later)
    with pytest.raises(Misconfigured):
        async with database.unit_of_work() as session:
            await second_factors.use_code(session, new, ana.id, code, now=later)
    async with database.unit_of_work() as session:
        await second_factors.reseal_totp(session, rotated)
    async with database.unit_of_work() as session:
        assert await second_factors.use_code(session, new, ana.id, code, now=later)
