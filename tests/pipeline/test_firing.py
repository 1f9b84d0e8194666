"""When a rule fires: by the clock of the site, and not before it is confirmed; and why it did not."""

from dataclasses import replace
from datetime import time

import pytest

from instantreact.domain.media import Window
from instantreact.domain.observation import Observation, Presence
from instantreact.domain.rule import CaptionCondition, ConceptCondition, HitsConfirmation, ObjectCondition
from instantreact.domain.schedule import Hours, ScheduleDay, WeekSchedule
from instantreact.pipeline.analyze import _recall_looks
from instantreact.pipeline.explain import Explanation, explain_event
from instantreact.pipeline.observe import Origin
from instantreact.rules.confirm import RecentLooks
from instantreact.storage import cameras, events, rules, sites
from instantreact.storage.tables import Event
from tests.observations import make_observation
from tests.pipeline.conftest import House
from tests.storage.databases import ENGINES
from tests.storage.factories import NOW

pytestmark = pytest.mark.parametrize("engine", ENGINES)

SUNDAY_NOON_IN_TOKYO = WeekSchedule((Hours((ScheduleDay.SUNDAY,), time(21), time(21, 30)),))
"""Which is when NOW is there."""


def later(index: int, text: str = "two men are fighting") -> Observation:
    return replace(make_observation(text), window=Window(index, 2.0 * index, 2.0 * index + 2.0))


async def explain(house: House, event: Event) -> Explanation:
    async with house.services.database.reading() as session:
        (found,) = await explain_event(session, await events.get_event(session, event.id))
        return found


async def test_rule_fires_within_its_schedule_by_the_clock_of_the_cameras_site(house: House) -> None:
    await house.add_rule(schedule=SUNDAY_NOON_IN_TOKYO)
    camera = await house.add_camera()
    async with house.services.database.unit_of_work() as session:
        site = await sites.find_or_insert_site(session, "Tokyo", now=NOW)
        site.time_zone = "Asia/Tokyo"
        (await cameras.get_camera(session, camera.id)).site_id = site.id
    here = await house.see(await house.add_clip())
    assert await house.alerts() == []
    found = await explain(house, here)
    assert found.why == ("It held outside of its schedule. Sun 12:00 by the clock of UTC is outside of its hours.")
    there = await house.see(await house.add_clip(camera_id=camera.id), later(1))
    assert (await house.the_alert()).event_id == there.id


async def test_rule_held_outside_of_its_schedule_holds_no_cooldown(house: House) -> None:
    only_at_noon = WeekSchedule((Hours((ScheduleDay.SUNDAY,), time(12, 1), time(13)),))
    await house.add_rule(schedule=only_at_noon, cooldown_s=600.0)
    clip = await house.add_clip()
    await house.see(clip, later(0))
    event = await house.see(clip, later(40))  # 80 s after 12:00
    assert (await house.the_alert()).event_id == event.id


async def test_rule_fires_when_it_is_confirmed_and_says_what_it_waits_for(house: House) -> None:
    await house.add_rule(confirmation=HitsConfirmation(2, 3))
    clip, recent = await house.add_clip(), RecentLooks()
    first = await house.see(clip, later(0), recent=recent)
    assert await house.alerts() == []
    found = await explain(house, first)
    assert found.why == (
        "It held, but not for long or often enough. It held in 1 of the last 1 windows; 2 of 3 are asked for."
    )
    await house.see(clip, later(1, "a man walks"), recent=recent)
    third = await house.see(clip, later(2), recent=recent)
    assert (await house.the_alert()).event_id == third.id


async def test_rule_goes_on_where_an_analysis_that_was_killed_left_off(house: House) -> None:
    await house.add_rule(confirmation=HitsConfirmation(2, 2))
    clip = await house.add_clip()
    await house.see(clip, later(0), recent=RecentLooks())
    origin = Origin("Shop", clip.submitted_at, notify=True, clip_id=clip.id)
    recalled = await _recall_looks(house.services, origin)
    event = await house.see(clip, later(1), recent=recalled)
    assert (await house.the_alert()).event_id == event.id


async def test_explanation_tells_scores_of_a_rule_that_does_not_hold(house: House) -> None:
    await house.add_rule(ConceptCondition("fight", 0.6), CaptionCondition(("till",), 0.3))
    event = await house.see(await house.add_clip(), make_observation("a man walks", concepts={"fight": 0.42}))
    found = await explain(house, event)
    assert not found.holds
    assert [(each.score, each.needed, each.holds) for each in found.measured] == [(0.42, 0.6, False), (0.0, 0.3, False)]
    assert found.why == (
        "It does not hold: fight had 0.42, where 0.60 is asked for; till had 0.00, where 0.30 is asked for."
    )


@pytest.mark.parametrize(
    ("least", "most", "asked"),
    [(2, None, "2 or more are"), (1, 1, "exactly 1 is"), (3, 3, "exactly 3 are"), (1, 3, "1 to 3 are")],
)
async def test_explanation_says_how_many_are_asked_for(house: House, least: int, most: int | None, asked: str) -> None:
    await house.add_rule(ObjectCondition("person", 0.5, min_count=least, max_count=most))
    nobody = replace(make_observation("a room"), presence=Presence(0.0, ("person",)))
    event = await house.see(await house.add_clip(), nobody)
    assert f"0 of person had 0.50 or more, where {asked} asked for" in (await explain(house, event)).why


async def test_explanation_tells_of_the_cooldown_and_of_the_alert_that_holds_it(house: House) -> None:
    await house.add_recipient()
    await house.add_rule()
    clip = await house.add_clip()
    first = await house.see(clip, later(0))
    second = await house.see(clip, later(1))
    await house.run_due()
    alert = await house.the_alert()
    assert (await explain(house, second)).why == (
        f"It held during its cooldown. The alert {alert.id} is less than 60 s away."
    )
    assert (await explain(house, first)).why == "It raised an alert. Guard on messenger: sent."


async def test_explanation_tells_of_footage_that_was_to_raise_nothing(house: House) -> None:
    await house.add_rule()
    event = await house.see(await house.add_clip(), notify=False)
    assert (await explain(house, event)).why.startswith("It held, but the footage was to raise no alerts")


async def test_explanation_tells_of_a_rule_that_was_made_or_changed_since(house: House) -> None:
    event = await house.see(await house.add_clip())
    rule = await house.add_rule()
    assert (await explain(house, event)).why.startswith("As it is now it holds; when the event was filed it did not")
    async with house.services.database.unit_of_work() as session:
        await rules.update_rule(session, rule.id, {"enabled": False})
    assert (await explain(house, event)).why.startswith("As it is now it holds and is disabled")


async def test_explanation_tells_that_nobody_was_there(house: House) -> None:
    await house.add_rule()
    event = await house.see(await house.add_clip())
    assert (await explain(house, event)).why == "It raised an alert. Nobody was there to be told."
