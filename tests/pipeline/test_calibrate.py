"""Taps on alerts of a camera, and what its scores are read as afterwards."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from instantreact.domain.alert import AlertState, Answer, AnswerKind, ChannelKind
from instantreact.domain.happening import RuleMatched
from instantreact.domain.language import Language
from instantreact.domain.rule import ConceptCondition
from instantreact.pipeline.answer import answer_alert
from instantreact.pipeline.calibrate import calibrate
from instantreact.pipeline.explain import explain_event
from instantreact.pipeline.incoming import accept_webhook
from instantreact.storage import cameras, taps
from instantreact.storage.removing import delete_events
from instantreact.storage.tables import Alert, Camera, Event, Rule, Tap
from instantreact_demo.graph import FakeGraph
from tests.observations import make_observation
from tests.pipeline.conftest import PSID, House
from tests.pipeline.webhooks import make_postback
from tests.storage.databases import ENGINES

on_both = pytest.mark.parametrize("engine", ENGINES)


async def see(house: House, camera: Camera | None, score: float = 0.6) -> tuple[Event, Alert | None]:
    """A window with this score for `fight`, a minute after the last one; the event, and its alert if there is one."""
    house.clock.advance(60.0)
    clip = await house.add_clip(camera.id if camera else None)
    event = await house.see(clip, make_observation(concepts={"fight": score, "fall": 0.4}))
    return event, next((each for each in await house.alerts() if each.event_id == event.id), None)


async def see_alert(house: House, camera: Camera | None, score: float = 0.6) -> Alert:
    _, alert = await see(house, camera, score)
    assert alert is not None
    return alert


async def answer(house: House, alert: Alert, kind: AnswerKind = AnswerKind.DISMISS, *, adapts: bool = True) -> None:
    async with house.services.database.unit_of_work() as session:
        given = Answer(kind, alert.id)
        await answer_alert(session, given, by="Ana", now=house.clock.now(), adapts=adapts)


async def list_taps(house: House) -> list[tuple[str, float, bool]]:
    async with house.services.database.reading() as session:
        rows = await session.scalars(select(Tap).order_by(Tap.tapped_at))
        return [(tap.concept, tap.score, tap.is_false) for tap in rows]


async def forget(house: House, camera: Camera, alert_id: str | None = None) -> None:
    async with house.services.database.unit_of_work() as session:
        await taps.forget_taps(session, camera.id, alert_id)


@pytest.fixture
async def camera(house: House) -> Camera:
    await house.add_recipient()
    await house.add_rule(ConceptCondition("fight", 0.5), ConceptCondition("fall", 0.1), cooldown_s=0.0)
    return await house.add_camera()


@on_both
async def test_taps_on_messenger_quiet_the_same_score_until_they_are_forgotten(
    house: House, graph: FakeGraph, camera: Camera
) -> None:
    elsewhere = await house.add_camera("Back door")
    for score in (0.6, 0.62):
        alert = await see_alert(house, camera, score)
        await accept_webhook(house.services, ChannelKind.MESSENGER, make_postback(PSID, f"FALSE:{alert.id}"))
        await house.run_due()
    said = [part.text for part in graph.received if part.text.startswith("Dismissed")]
    asks = "Dismissed by Guard. Thanks: this camera will ask for more before it says “fall, fight” again."
    assert said == [asks, asks]

    event, alert_of_same = await see(house, camera)
    assert alert_of_same is None
    assert event.observation.concepts["fight"] < 0.5
    assert event.observation.concepts_before == {"fight": 0.6, "fall": 0.4}
    async with house.services.database.reading() as session:
        (told,) = await explain_event(session, event)
    assert "fight had 0.48 (0.60 before this camera's calibration), where 0.50 is asked for" in told.why
    assert [each.score_before for each in told.measured] == [0.6, 0.4]
    await see_alert(house, camera, 0.9)
    await see_alert(house, elsewhere)
    await see_alert(house, None)

    await forget(house, camera)
    assert await list_taps(house) == []
    await see_alert(house, camera)


async def test_one_tap_is_taken_back_alone_and_camera_is_as_if_it_never_was(house: House, camera: Camera) -> None:
    first, second = await see_alert(house, camera), await see_alert(house, camera, 0.7)
    await answer(house, first)
    async with house.services.database.reading() as session:
        before = await calibrate(session, house.services, camera.id, make_observation(concepts={"fight": 0.6}))
    await answer(house, second)
    await forget(house, camera, second.id)
    async with house.services.database.reading() as session:
        after = await calibrate(session, house.services, camera.id, make_observation(concepts={"fight": 0.6}))
    assert after == before


async def test_answer_takes_the_place_of_an_earlier_one_to_the_same_alert_and_keeps_the_models_score(
    house: House, camera: Camera
) -> None:
    await answer(house, await see_alert(house, camera, 0.8))
    alert = await see_alert(house, camera, 0.9)
    assert isinstance(alert.happening, RuleMatched)
    assert alert.happening.evidence[0].score < 0.9
    await answer(house, alert, AnswerKind.ACKNOWLEDGE)
    assert ("fight", 0.9, False) in await list_taps(house)
    await answer(house, alert)
    await answer(house, alert)
    found = await list_taps(house)
    assert ("fight", 0.9, True) in found
    assert len(found) == 4


async def test_nothing_is_learned_where_nobody_wants_it_or_there_is_nothing_to_learn(
    house: House, graph: FakeGraph, camera: Camera
) -> None:
    await answer(house, await see_alert(house, None))
    await answer(house, await see_alert(house, camera), adapts=False)
    async with house.services.database.unit_of_work() as session:
        await cameras.set_adapts(session, camera.id, adapts=False)
    alert = await see_alert(house, camera)
    await accept_webhook(house.services, ChannelKind.MESSENGER, make_postback(PSID, f"FALSE:{alert.id}"))
    await house.run_due()
    assert await list_taps(house) == []
    assert not [part for part in graph.received if "Thanks" in part.text]


async def test_learned_counts_only_while_service_and_camera_adapt(house: House, camera: Camera) -> None:
    for _ in range(2):
        await answer(house, await see_alert(house, camera))
    seen = make_observation(concepts={"fight": 0.6})
    async with house.services.database.unit_of_work() as session:
        stubborn = replace(house.services, adapts=False)
        assert await calibrate(session, stubborn, camera.id, seen) is seen
        assert (await calibrate(session, house.services, camera.id, seen)).concepts["fight"] < 0.5
        await cameras.set_adapts(session, camera.id, adapts=False)
        assert await calibrate(session, house.services, camera.id, seen) is seen
        assert await calibrate(session, house.services, None, seen) is seen


async def test_rule_that_is_gone_or_asks_for_words_teaches_nothing(house: House) -> None:
    camera = await house.add_camera()
    rule = await house.add_rule(cooldown_s=0.0)
    await answer(house, await see_alert(house, camera))
    await house.add_rule(ConceptCondition("fight", 0.5), name="Another", cooldown_s=0.0)
    _, alert = await see(house, camera)
    assert alert is not None
    async with house.services.database.unit_of_work() as session:
        for gone in await session.scalars(select(Rule)):
            await session.delete(gone)
    for each in await house.alerts():
        if each.state is AlertState.RAISED:
            await answer(house, each)
    assert await list_taps(house) == []
    assert rule.name == "A fight"


async def test_taps_are_few_and_go_with_their_alert_and_camera(
    house: House, camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taps, "MOST_TAPS", 3)
    raised = [await see_alert(house, camera, 0.98) for _ in range(5)]
    for alert in raised:
        house.clock.advance(1.0)
        await answer(house, alert)
    async with house.services.database.reading() as session:
        lessons = await taps.list_lessons(session, camera.id)
    assert [each.alert_id for each in lessons["fight"]] == [alert.id for alert in raised[2:]]

    async with house.services.database.unit_of_work() as session:
        event = await session.get(Event, raised[4].event_id)
        assert event is not None
        await delete_events(session, [event])
    assert len(await list_taps(house)) == 4
    async with house.services.database.unit_of_work() as session:
        await cameras.delete_camera(session, camera.id)
    assert await list_taps(house) == []
    assert len(await house.alerts()) == 4


async def test_tap_is_thanked_for_in_french(house: House, graph: FakeGraph, camera: Camera) -> None:
    house.services = replace(house.services, language=Language.FRENCH)
    alert = await see_alert(house, camera)
    await accept_webhook(house.services, ChannelKind.MESSENGER, make_postback(PSID, f"FALSE:{alert.id}"))
    await house.run_due()
    thanks = "Merci : cette caméra sera plus exigeante avant de dire à nouveau « chute, bagarre »."
    assert any(thanks in part.text for part in graph.received)


async def test_shift_fades_with_time(house: House, camera: Camera) -> None:
    for _ in range(2):
        await answer(house, await see_alert(house, camera))
    assert (await see(house, camera))[1] is None
    house.clock.advance(timedelta(days=30).total_seconds())
    await see_alert(house, camera)
