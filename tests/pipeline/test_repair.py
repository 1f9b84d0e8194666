"""A channel that is broken is said wherever somebody looks, told once, and loses nothing."""

import io
from dataclasses import replace
from itertools import count

import pytest

from instantreact.channels.console.channel import ConsoleChannel
from instantreact.channels.messenger.channel import MessengerChannel
from instantreact.channels.messenger.graph import MessengerAccount
from instantreact.channels.words import compose_title
from instantreact.domain.alert import ChannelKind, DeliveryState
from instantreact.jobs import outbox
from instantreact.pipeline.repair import queue_checks
from instantreact.pipeline.step_names import StepName
from instantreact.storage import channel_faults, recipients
from instantreact.storage.tables import Recipient
from instantreact_demo.graph import FakeGraph
from instantreact_demo.graph.faults import OUTAGE, RATE_LIMITED, Fault, FaultKind
from tests.pipeline.conftest import PSID, House
from tests.pipeline.test_deliver import raise_alert, received_parts
from tests.storage.factories import NOW

NO_PERMISSION = Fault(FaultKind.ERROR, status=403, code=200, message="Requires pages_messaging permission")


@pytest.fixture
def printed() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def both(house: House, printed: io.StringIO) -> House:
    """A house with Messenger and a console."""
    channels = {**house.services.channels, ChannelKind.CONSOLE: ConsoleChannel(printed, clock=house.clock)}
    return replace(house, services=replace(house.services, channels=channels))


async def add_console(house: House) -> None:
    async with house.services.database.unit_of_work() as session:
        row = Recipient(name="Office", channel=ChannelKind.CONSOLE, address="office", created_at=NOW)
        await recipients.insert_recipient(session, row)


def expire_token(graph: FakeGraph) -> None:
    graph.page = replace(graph.page, access_token="EAAnewtoken")


def mend_token(graph: FakeGraph) -> None:
    graph.page = replace(graph.page, access_token="EAAtesttoken")


async def find_reason(house: House) -> str | None:
    async with house.services.database.reading() as session:
        fault = await channel_faults.find_fault(session, ChannelKind.MESSENGER)
    return fault.reason if fault else None


async def let_pass(house: House, seconds: float, *, step_s: float = 10.0) -> None:
    for _ in range(round(seconds / step_s)):
        house.clock.advance(step_s)
        await house.run_due()


async def system_titles(house: House) -> list[str]:
    return sorted(compose_title(alert.happening) for alert in await house.alerts() if alert.system_key)


async def test_what_waits_goes_out_within_a_minute_when_the_token_is_mended_after_hours(
    both: House, graph: FakeGraph
) -> None:
    expire_token(graph)
    await raise_alert(both)
    await both.run_due()
    await let_pass(both, 5 * 3600, step_s=600)
    assert graph.received == []
    async with both.services.database.reading() as session:
        job = await outbox.find_job(session, StepName.DELIVER, (await both.the_alert()).deliveries[0].id)
    assert job is not None
    assert job.attempts <= 1  # waiting for a repair uses up no tries
    mend_token(graph)
    await let_pass(both, 60)
    assert received_parts(graph) == ["text", "picture"]
    assert await find_reason(both) is None


async def test_broken_channel_and_its_repair_are_told_once_on_another(
    both: House, graph: FakeGraph, printed: io.StringIO
) -> None:
    await add_console(both)
    expire_token(graph)
    await raise_alert(both)
    for _ in range(5):
        await both.see(await both.add_clip())
    await both.run_due()
    await let_pass(both, 600, step_s=60)
    assert await system_titles(both) == ["Messenger is broken"]
    assert printed.getvalue().count("No alert goes out on Messenger since") == 1
    assert "refuses the Page's access token" in printed.getvalue()
    mend_token(graph)
    await let_pass(both, 60)
    assert await system_titles(both) == ["Messenger is broken", "Messenger works again"]
    assert printed.getvalue().count("Messenger works again") == 1
    assert received_parts(graph).count("text") == 6


async def test_broken_channel_is_shown_on_the_console_when_nobody_is_reached_otherwise(
    both: House, graph: FakeGraph, printed: io.StringIO
) -> None:
    expire_token(graph)
    await raise_alert(both)
    await both.run_due()
    await let_pass(both, 120)
    assert printed.getvalue().count("Alert for the operator (critical)") == 1


async def test_channel_is_asked_only_by_its_checks_while_it_is_broken(both: House, graph: FakeGraph) -> None:
    expire_token(graph)
    await raise_alert(both)
    for _ in range(20):
        await both.see(await both.add_clip())
    await both.run_due()
    before = len(graph.refused)
    await let_pass(both, 300)
    assert len(graph.refused) - before <= 11


async def test_token_that_expires_is_found_out_before_an_alert_needs_it(both: House, graph: FakeGraph) -> None:
    await queue_checks(both.services)
    await both.run_due()
    assert await find_reason(both) is None
    expire_token(graph)
    await let_pass(both, 310)
    assert "refuses the Page's access token" in (await find_reason(both) or "")
    mend_token(graph)
    await let_pass(both, 40)
    assert await find_reason(both) is None


async def test_channel_that_lost_its_permission_is_tried_by_one_delivery_until_it_works(
    both: House, graph: FakeGraph
) -> None:
    """Graph still answers who the Page is: only a message shows that it may not send."""
    graph.script(*[NO_PERMISSION] * 4)
    await raise_alert(both)
    await both.see(await both.add_clip())
    await both.run_due()
    assert "permissions" in (await find_reason(both) or "")
    await let_pass(both, 30)
    assert await system_titles(both) == ["Messenger is broken"]
    await let_pass(both, 120)
    assert received_parts(graph).count("text") == 2
    assert await system_titles(both) == ["Messenger is broken", "Messenger works again"]


async def test_wrong_app_secret_loses_no_alert(both: House, graph: FakeGraph) -> None:
    secret = graph.page.app_secret
    graph.page = replace(graph.page, app_secret="another")
    await raise_alert(both)
    await both.run_due()
    assert (await find_reason(both) or "").count("app secret") == 1
    graph.page = replace(graph.page, app_secret=secret)
    await let_pass(both, 60)
    assert received_parts(graph) == ["text", "picture"]


async def test_outage_opens_the_circuit_is_told_by_another_channel_and_all_goes_out_when_it_ends(
    both: House, graph: FakeGraph, printed: io.StringIO
) -> None:
    await add_console(both)
    asked = count()
    graph.weather = lambda part: OUTAGE if next(asked) >= 0 else None
    await raise_alert(both)
    for _ in range(5):
        await both.see(await both.add_clip())
    await both.run_due()
    await let_pass(both, 30)  # six fail at once, and again: that may be a blink
    assert await find_reason(both) is None
    await let_pass(both, 120)
    assert "failed for the moment" in (await find_reason(both) or "")
    assert await system_titles(both) == ["Messenger is broken"]
    before = next(asked)
    await let_pass(both, 3600, step_s=30)
    assert next(asked) - before <= 3600 / 30 + 2  # one of them tries, now and then
    assert printed.getvalue().count("No alert goes out on Messenger since") == 1
    graph.weather = lambda part: None
    await let_pass(both, 60)
    assert received_parts(graph).count("text") == received_parts(graph).count("picture") == 6
    assert await system_titles(both) == ["Messenger is broken", "Messenger works again"]
    assert await find_reason(both) is None


async def test_failures_with_success_in_between_are_no_outage(both: House, graph: FakeGraph) -> None:
    await raise_alert(both)
    for _ in range(4):
        graph.script(*[OUTAGE] * 5)
        await both.see(await both.add_clip())
        await both.run_due()
        await let_pass(both, 600, step_s=60)
    assert await find_reason(both) is None
    assert await system_titles(both) == []


async def test_limit_on_how_much_may_be_sent_is_no_outage(both: House, graph: FakeGraph) -> None:
    graph.weather = lambda part: RATE_LIMITED
    await raise_alert(both)
    await both.run_due()
    await let_pass(both, 3600, step_s=60)
    assert await find_reason(both) is None


async def test_silence_is_found_out_by_the_checks_before_an_alert_needs_the_channel(
    both: House, graph: FakeGraph
) -> None:
    account = MessengerAccount(graph.page.page_id, graph.page.access_token, base_url="http://127.0.0.1:1")
    elsewhere = MessengerChannel(account, clock=both.clock)
    gone = replace(both, services=replace(both.services, channels={ChannelKind.MESSENGER: elsewhere}))
    await queue_checks(gone.services)
    await gone.run_due()
    assert await find_reason(gone) is None
    await let_pass(gone, 300, step_s=30)
    assert "cannot be reached" in (await find_reason(gone) or "")
    assert await system_titles(gone) == ["Messenger is broken"]
    await elsewhere.close()
    await queue_checks(both.services)  # it is back
    await both.run_due()
    assert await system_titles(both) == ["Messenger is broken", "Messenger works again"]


async def test_delivery_waits_for_a_channel_that_is_not_configured_and_goes_out_once_it_is(
    both: House, graph: FakeGraph
) -> None:
    only_console = {ChannelKind.CONSOLE: both.services.channels[ChannelKind.CONSOLE]}
    bare = replace(both, services=replace(both.services, channels=only_console))
    await raise_alert(bare)
    await bare.run_due()
    await let_pass(bare, 3600, step_s=300)
    assert "No messenger channel is configured" in (await find_reason(bare) or "")
    await queue_checks(both.services)  # a restart with new settings
    await both.run_due()
    assert received_parts(graph) == ["text", "picture"]
    assert await find_reason(both) is None


async def test_person_who_cannot_be_written_to_does_not_keep_a_mended_channel_broken(
    both: House, graph: FakeGraph
) -> None:
    expire_token(graph)
    await raise_alert(both)
    await both.run_due()
    mend_token(graph)
    graph.people[PSID].window_open = False
    await let_pass(both, 60)
    assert await find_reason(both) is None
    delivery = (await both.the_alert()).deliveries[0]
    assert delivery.state is DeliveryState.HELD
