"""Where a channel does not reach somebody, their other one takes it, once."""

import pytest

from instantreact.domain.alert import ChannelKind
from instantreact.domain.rule import Severity
from instantreact.errors import InvalidInput
from instantreact.storage import recipients
from instantreact.storage.tables import Recipient
from instantreact_demo.graph import FakeGraph, Person
from tests.pipeline.conftest import House
from tests.storage.databases import ENGINES
from tests.storage.factories import NOW

pytestmark = pytest.mark.parametrize("engine", ENGINES)


async def add_chain(house: House, graph: FakeGraph, *reached: Person) -> list[str]:
    """Recipients of whom each falls back on the next, the last on the first; the first alone is told by the rule."""
    ids = []
    for number, person in enumerate(reached):
        graph.people[f"30{number}"] = person
        row = Recipient(name=f"{number}", channel=ChannelKind.MESSENGER, address=f"30{number}", created_at=NOW)
        async with house.services.database.unit_of_work() as session:
            ids.append((await recipients.insert_recipient(session, row)).id)
    for here, there in zip(ids, [*ids[1:], ids[0]], strict=True):
        if here != there:
            async with house.services.database.unit_of_work() as session:
                await recipients.update_recipient(session, here, {"fallback_id": there})
    await house.add_rule(recipient_ids=ids[:1], severity=Severity.CRITICAL)
    return ids


async def states(house: House) -> dict[str, str]:
    return {each.recipient.name: str(each.state) for each in (await house.the_alert()).deliveries}


@pytest.mark.parametrize(
    ("first", "state"),
    [(Person(window_open=False), "held"), (Person(blocked=True), "refused")],
    ids=["shut", "blocked"],
)
async def test_alert_that_does_not_reach_somebody_goes_to_their_fallback(
    house: House, graph: FakeGraph, first: Person, state: str
) -> None:
    await add_chain(house, graph, first, Person())
    await house.see(await house.add_clip())
    await house.run_due()
    assert await states(house) == {"0": state, "1": "sent"}
    assert [part.psid for part in graph.received] == ["301", "301"]


async def test_chain_ends_where_it_began(house: House, graph: FakeGraph) -> None:
    await add_chain(house, graph, *(Person(window_open=False) for _ in range(3)))
    await house.see(await house.add_clip())
    await house.run_due()
    assert await states(house) == {"0": "held", "1": "held", "2": "held"}


async def test_nobody_else_is_told_where_the_channel_takes_it(house: House, graph: FakeGraph) -> None:
    await add_chain(house, graph, Person(), Person())
    await house.see(await house.add_clip())
    await house.run_due()
    assert await states(house) == {"0": "sent"}


async def test_fallback_that_wants_no_alerts_or_is_gone_is_none(house: House, graph: FakeGraph) -> None:
    first, second = await add_chain(house, graph, Person(window_open=False), Person())
    async with house.services.database.unit_of_work() as session:
        await recipients.opt_out(session, second, now=NOW)
    await house.see(await house.add_clip())
    await house.run_due()
    assert await states(house) == {"0": "held"}
    async with house.services.database.unit_of_work() as session:
        await recipients.delete_recipient(session, second)
    async with house.services.database.reading() as session:
        assert (await recipients.get_recipient(session, first)).fallback_id is None


@pytest.mark.parametrize("oneself", [True, False])
async def test_fallback_must_be_somebody_else_who_is_there(house: House, graph: FakeGraph, oneself: bool) -> None:
    (only,) = await add_chain(house, graph, Person())
    with pytest.raises(InvalidInput, match="to fall back on"):
        async with house.services.database.unit_of_work() as session:
            await recipients.update_recipient(session, only, {"fallback_id": only if oneself else "nobody"})
