"""A person is erased: somebody who is told, somebody who signs in, or the name that is left of either."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from instantreact.domain.alert import AlertState, ChannelKind
from instantreact.domain.audit import AuditAction
from instantreact.domain.erasure import ErasureStage
from instantreact.domain.erasure import Person as DomainPerson
from instantreact.domain.escalation import EscalationStep
from instantreact.domain.principal import PrincipalKind
from instantreact.domain.rule import ConceptCondition, Criteria
from instantreact.domain.user import Role
from instantreact.errors import Conflict, NotFound
from instantreact.pipeline.erase import LATE_S, Eraser, queue_erasure
from instantreact.pipeline.incoming import accept_webhook
from instantreact.storage import guesses, invitations, recipients, rules, user_sessions, users
from instantreact.storage.audit import add_entry
from instantreact.storage.erasing_people import begin_name, begin_recipient, begin_user
from instantreact.storage.people import count_person, find_recipient_person, find_user_person
from instantreact.storage.tables import Alert, AuditEntry, Erasure, News, Recipient, User
from instantreact.storage.user_sessions import SessionLimits, Visitor
from instantreact.storage.users import UserChanges
from instantreact_demo.graph import FakeGraph, Person
from tests.pipeline.conftest import House
from tests.pipeline.erasing import dump, read, see_through, without
from tests.pipeline.webhooks import make_message, make_postback
from tests.storage.databases import ENGINES
from tests.storage.factories import NOW, make_rule

on_both = pytest.mark.parametrize("engine", ENGINES)
MESSENGER = ChannelKind.MESSENGER
ANA, BEN = "2002200220022002", "3003300330033003"  # as long as Messenger's: four digits stand in some random id


async def add_person(house: House, graph: FakeGraph, name: str, psid: str) -> Recipient:
    graph.people[psid] = Person()
    person = Recipient(name=name, channel=MESSENGER, address=psid, created_at=NOW)
    async with house.services.database.unit_of_work() as session:
        return await recipients.insert_recipient(session, person)


async def raise_alert(house: House) -> Alert:
    before = {alert.id for alert in await house.alerts()}
    await house.see(await house.add_clip())
    (alert,) = [alert for alert in await house.alerts() if alert.id not in before]
    return alert


async def tap(house: House, psid: str, alert: Alert) -> None:
    await accept_webhook(house.services, MESSENGER, make_postback(psid, f"ACK:{alert.id}"))


async def erase_recipient(house: House, recipient_id: str) -> Erasure:
    async with house.services.database.unit_of_work() as session:
        person = await find_recipient_person(session, recipient_id)
        erasure = await queue_erasure(session, await begin_recipient(session, person, now=house.clock.now()))
    await see_through(house, erasure.id)
    return await read(house, erasure.id)


async def erase_user(house: House, user_id: str) -> Erasure:
    async with house.services.database.unit_of_work() as session:
        person = await find_user_person(session, user_id)
        erasure = await queue_erasure(session, await begin_user(session, person, now=house.clock.now()))
    await see_through(house, erasure.id)
    return await read(house, erasure.id)


async def add_user(house: House, name: str, role: Role = Role.OPERATOR) -> User:
    async with house.services.database.unit_of_work() as session:
        return await users.create_user(session, UserChanges(name, role), now=NOW)


async def note(house: House, kind: PrincipalKind, name: str, principal_id: str | None, subject: str = "x") -> None:
    """Something for the audit log, from an address."""
    async with house.services.database.unit_of_work() as session:
        entry = AuditEntry(at=NOW, action=AuditAction.CHANGED, principal_kind=kind, principal=name, route="PUT /a")
        entry.principal_id, entry.subject, entry.source = principal_id, subject, "192.0.2.17"
        session.add(entry)


async def list_entries(house: House) -> list[AuditEntry]:
    async with house.services.database.reading() as session:
        return list(await session.scalars(select(AuditEntry).order_by(AuditEntry.principal, AuditEntry.subject)))


@on_both
async def test_recipient_is_erased_and_what_others_need_bears_a_pseudonym(house: House, graph: FakeGraph) -> None:
    ana, ben = await add_person(house, graph, "Anaïs Zebra", ANA), await add_person(house, graph, "Ben", BEN)
    await house.add_rule()
    async with house.services.database.unit_of_work() as session:
        fire = Criteria((ConceptCondition("fire"),))
        both = await make_rule(session, name="both", recipient_ids=[ana.id, ben.id], criteria=fire)
        token = invitations.make_token()
        used = await invitations.insert_invitation(session, "Anaïs Zebra", MESSENGER, token, life=timedelta(1), now=NOW)
        used.recipient_id = ana.id
        await invitations.insert_invitation(session, "Ben", MESSENGER, "another", life=timedelta(1), now=NOW)
    answered, other = await raise_alert(house), await raise_alert(house)
    await house.run_due()
    for psid, alert in ((ANA, answered), (BEN, other)):
        await tap(house, psid, alert)
        await accept_webhook(house.services, MESSENGER, make_message(psid, f"hello from {psid}"))
    await house.run_due()
    waiting = await raise_alert(house)
    await accept_webhook(house.services, MESSENGER, make_message(ANA, "not handled yet"))
    before, sent = await dump(house.services.database), len(graph.received)
    async with house.services.database.reading() as session:
        expected = await count_person(session, await find_recipient_person(session, ana.id))

    erasure = await erase_recipient(house, ana.id)

    after = await dump(house.services.database)
    for trace in ("Anaïs", "Zebra", ANA):
        assert not [row for rows in after.values() for row in rows if trace in row], trace
    assert erasure.counts == dict(expected)
    assert erasure.counts == {
        "recipients": 1, "rules": 1, "invitations": 1, "messages": 3, "answers": 1, "entries": 1, "deliveries": 3,
        "unsent": 1,
    }  # fmt: skip
    pseudonym = erasure.pseudonym
    assert pseudonym is not None
    async with house.services.database.reading() as session:
        stored = {alert.id: (alert.state, alert.answered_by) for alert in await session.scalars(select(Alert))}
        assert (await rules.get_rule(session, both.id)).recipient_ids == [ben.id]
    assert stored == {
        answered.id: (AlertState.ACKNOWLEDGED, pseudonym),
        other.id: (AlertState.ACKNOWLEDGED, "Ben"),
        waiting.id: (AlertState.RAISED, None),
    }
    entries = [(entry.principal, entry.subject) for entry in await list_entries(house)]
    assert entries == [("Ben", other.id), (pseudonym, answered.id)]
    hers = [json.loads(row)[0] for row in before["deliveries"] if ana.id in row]
    touched = ("Zebra", ANA, ana.id, pseudonym, both.id, f'["{answered.id}"', *hers)
    assert without(after, *touched) == without(before, *touched)

    await house.run_due()
    assert [part.psid for part in graph.received[sent:]] == [BEN, BEN]


async def test_recipient_whom_a_rule_tells_alone_is_kept_until_that_is_changed(house: House, graph: FakeGraph) -> None:
    ana = await add_person(house, graph, "Ana", ANA)
    async with house.services.database.unit_of_work() as session:
        rule = await make_rule(session, name="Only Ana", recipient_ids=[ana.id])
    with pytest.raises(Conflict, match="Only Ana would tell nobody"):
        await erase_recipient(house, ana.id)
    async with house.services.database.unit_of_work() as session:
        assert (await recipients.get_recipient(session, ana.id)).name == "Ana"
        await rules.delete_rule(session, rule.id)

    assert (await erase_recipient(house, ana.id)).stage is ErasureStage.DONE


async def test_recipient_whom_an_escalation_tells_is_taken_out_of_it_or_kept(house: House, graph: FakeGraph) -> None:
    ana, ben = await add_person(house, graph, "Ana", ANA), await add_person(house, graph, "Ben", BEN)
    steps = (EscalationStep(60.0, (ana.id, ben.id)), EscalationStep(90.0, (ana.id,)))
    async with house.services.database.unit_of_work() as session:
        rule = await make_rule(session, name="Later Ana", recipient_ids=[ben.id], escalation=steps)
    with pytest.raises(Conflict, match="Later Ana would tell nobody in a step"):
        await erase_recipient(house, ana.id)
    async with house.services.database.unit_of_work() as session:
        (await rules.get_rule(session, rule.id)).escalation = steps[:1]

    assert (await erase_recipient(house, ana.id)).stage is ErasureStage.DONE

    async with house.services.database.reading() as session:
        left = await rules.get_rule(session, rule.id)
    assert left.escalation == (EscalationStep(60.0, (ben.id,)),)


async def test_recipient_is_told_nothing_from_the_first_moment_on(house: House, graph: FakeGraph) -> None:
    ana = await add_person(house, graph, "Ana", ANA)
    await house.add_rule(cooldown_s=0.0)
    await raise_alert(house)
    async with house.services.database.unit_of_work() as session:
        erasure = await begin_recipient(session, await find_recipient_person(session, ana.id), now=NOW)
    await raise_alert(house)
    await house.run_due()

    assert graph.received == []
    async with house.services.database.reading() as session:
        shown = await recipients.get_recipient(session, ana.id)
        assert (await session.scalars(select(News.subject).where(News.topic == "delivery"))).all() != []
    assert (shown.name, shown.address, shown.enabled) == (erasure.pseudonym, f"erased-{ana.id}", False)
    await see_through(house, erasure.id)
    async with house.services.database.reading() as session:
        assert (await session.scalars(select(News.subject).where(News.topic == "delivery"))).all() == []


@on_both
async def test_user_is_erased_and_what_they_did_stays(house: House, graph: FakeGraph) -> None:
    ana, ben = await add_user(house, "Ana Zebra"), await add_user(house, "Ben", Role.ADMINISTRATOR)
    await add_person(house, graph, "Other", ANA)
    await house.add_rule()
    alert = await raise_alert(house)
    async with house.services.database.unit_of_work() as session:
        for user in (ana, ben):
            await user_sessions.begin_session(session, user.id, Visitor("192.0.2.99"), SessionLimits(), now=NOW)
            await guesses.count_guess(session, {f"user {guesses.digest_name(user.name)}": 9}, now=NOW)
        await session.execute(update(Alert).values(answered_by="Ana Zebra", state=AlertState.ACKNOWLEDGED))
        await users.replace_user(session, ana.id, UserChanges("ANA ZEBRA-LION", Role.OPERATOR))
        add_entry(session, AuditAction.CHANGED, PrincipalKind.COMMAND, "root", "users add", "Ana Zebra", now=NOW)
        add_entry(session, AuditAction.CHANGED, PrincipalKind.COMMAND, "root", "keys create", "Ana Zebra", now=NOW)
    for name, kind in (("Ana Zebra", PrincipalKind.USER), ("ANA ZEBRA-LION", PrincipalKind.LINK)):
        await note(house, kind, name, ana.id)
    await note(house, PrincipalKind.ANYBODY, "Anybody", None, subject=ana.id)  # a wrong password
    await note(house, PrincipalKind.USER, "Ben", ben.id, subject=ana.id)
    await note(house, PrincipalKind.USER, "Ben", ben.id, subject="other")
    async with house.services.database.reading() as session:
        expected = await count_person(session, await find_user_person(session, ana.id))

    erasure = await erase_user(house, ana.id)

    assert erasure.counts == dict(expected) == {"users": 1, "sessions": 1, "answers": 1, "entries": 5}
    hidden, address = erasure.pseudonym, "192.0.2.17"
    found = [(each.principal, each.principal_id, each.source, each.subject) for each in await list_entries(house)]
    assert sorted(found, key=str) == sorted(
        [
            (hidden, None, None, "x"), (hidden, None, None, "x"), ("Anybody", None, None, hidden),
            ("Ben", ben.id, address, hidden), ("Ben", ben.id, address, "other"),
            ("root", None, None, "Ana Zebra"), ("root", None, None, hidden),
        ],
        key=str,
    )  # fmt: skip
    async with house.services.database.reading() as session:
        assert [user.name for user in await users.list_users(session)] == ["Ben"]
        kept = await session.get(Alert, alert.id)
    assert kept is not None
    assert (kept.state, kept.answered_by) == (AlertState.ACKNOWLEDGED, hidden)
    rows = await dump(house.services.database)
    assert "192.0.2.99" in str(rows["user_sessions"])  # Ben's
    assert len(rows["guesses"]) == 1
    assert [row for found in rows.values() for row in found if "zebra" in row.lower()] == [
        row
        for row in rows["audit_entries"]
        if "keys create" in row  # the name of a key
    ]


async def test_last_administrator_is_not_erased(house: House) -> None:
    ana = await add_user(house, "Ana", Role.ADMINISTRATOR)
    with pytest.raises(Conflict, match="last administrator"):
        await erase_user(house, ana.id)
    async with house.services.database.reading() as session:
        assert (await users.get_user(session, ana.id)).role is Role.ADMINISTRATOR
        assert (await session.scalars(select(Erasure))).all() == []


async def test_user_who_was_removed_is_erased_by_what_the_audit_log_knows(house: House) -> None:
    ana = await add_user(house, "Ana")
    await note(house, PrincipalKind.USER, "Ana", ana.id)
    async with house.services.database.unit_of_work() as session:
        await users.remove_user(session, ana.id)

    erasure = await erase_user(house, ana.id)

    assert erasure.counts == {"entries": 1}
    assert [entry.principal for entry in await list_entries(house)] == [erasure.pseudonym]
    with pytest.raises(NotFound):
        await erase_user(house, ana.id)


@on_both
async def test_name_that_is_left_is_erased_where_nobody_has_it(house: House, graph: FakeGraph) -> None:
    await note(house, PrincipalKind.CHANNEL, "Ana", None)
    await note(house, PrincipalKind.KEY, "Ana", "a-key")
    ana = await add_person(house, graph, "Ana", ANA)
    async with house.services.database.unit_of_work() as session:
        with pytest.raises(Conflict, match="people of this name"):
            await begin_name(session, DomainPerson(("ana",)), now=NOW)
        await recipients.delete_recipient(session, ana.id)
        await invitations.insert_invitation(session, "Ana", MESSENGER, "token", life=timedelta(1), now=NOW)
        erasure = await queue_erasure(session, await begin_name(session, DomainPerson(("Ana",)), now=NOW))
    await see_through(house, erasure.id)

    assert (await read(house, erasure.id)).counts == {"entries": 1, "invitations": 1}
    assert [entry.principal for entry in await list_entries(house)] == ["Ana", erasure.pseudonym]


async def test_what_a_process_writes_late_about_an_erased_person_bears_the_pseudonym_too(house: House) -> None:
    ana = await add_user(house, "Ana")
    await note(house, PrincipalKind.USER, "Ana", ana.id)
    async with house.services.database.unit_of_work() as session:
        person = await find_user_person(session, ana.id)
        erasure = await queue_erasure(session, await begin_user(session, person, now=house.clock.now()))
    assert await Eraser(house.services).go_on(erasure.id) == LATE_S
    await note(house, PrincipalKind.USER, "Ana", ana.id)  # of her own request to be erased, say
    house.clock.advance(LATE_S)

    assert await Eraser(house.services).go_on(erasure.id) is None

    assert {entry.principal for entry in await list_entries(house)} == {erasure.pseudonym}
    done = await read(house, erasure.id)
    assert (done.stage, done.person, done.counts["entries"]) == (ErasureStage.DONE, None, 2)


@on_both
@pytest.mark.parametrize(
    "changes",
    [
        {"principal": "Somebody else"},
        {"principal": "erased person ffff"},
        {"source": None},
        {"principal_id": None},
        {"subject": "another"},
        {"principal": "PSEUDONYM", "action": AuditAction.SAW},
        {"principal": "PSEUDONYM", "principal_id": "another"},
        {"principal": "PSEUDONYM", "source": "203.0.113.1"},
        {"principal": "PSEUDONYM", "route": "GET /b"},
        {"principal": "PSEUDONYM", "at": NOW + timedelta(days=1)},
        {"subject": "PSEUDONYM", "source": None},
    ],
)
async def test_entry_of_the_audit_log_takes_a_pseudonym_and_no_other_change(
    house: House, changes: dict[str, object]
) -> None:
    ana = await add_user(house, "Ana")
    async with house.services.database.unit_of_work() as session:
        erasure = await begin_user(session, await find_user_person(session, ana.id), now=NOW)
    await note(house, PrincipalKind.USER, "Ben", "b")
    values = {name: erasure.pseudonym if value == "PSEUDONYM" else value for name, value in changes.items()}

    async def change() -> None:
        async with house.services.database.unit_of_work() as session:
            await session.execute(update(AuditEntry).values(**values))

    with pytest.raises(DBAPIError, match="stays as it is"):
        await change()


async def test_pseudonyms_are_nobody_else_s(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("instantreact.storage.erasures.secrets.token_hex", lambda size: "a" * 2 * size)
    people = [await add_user(house, name) for name in ("Ana", "Ben", "Cem")]

    erased = [(await erase_user(house, person.id)).pseudonym for person in people]

    assert erased == ["erased person aaaa", "erased person aaaaaa", "erased person aaaaaaaa"]
