"""What the steps count on their way, as /metrics tells it."""

from instantreact.domain.alert import DeliveryState
from instantreact.figures import Series
from instantreact.pipeline.observe import Origin, observe
from instantreact_demo.graph import FakeGraph, Person
from instantreact_demo.graph.faults import OUTAGE
from tests.observations import make_observation
from tests.pipeline.conftest import JPEG, PSID, House
from tests.pipeline.test_deliver import raise_alert


def read(house: House, name: str, **labels: str) -> float | None:
    series = Series(f"instantreact_{name}", tuple(sorted(labels.items())))
    return house.services.figures.read().get(series)


async def test_deliveries_are_counted_by_outcome_and_the_last_success_is_known(house: House, graph: FakeGraph) -> None:
    await raise_alert(house)
    graph.script(OUTAGE)
    await house.run_due()
    house.clock.advance(300)
    await house.run_due()

    text = {"channel": "messenger", "part": "text"}
    assert read(house, "deliveries_total", **text, outcome="deferred") == 1.0
    assert read(house, "deliveries_total", **text, outcome="sent") == 1.0
    assert read(house, "deliveries_total", channel="messenger", part="picture", outcome="sent") == 1.0
    last = read(house, "channel_last_success_timestamp_seconds", channel="messenger")
    assert last == house.clock.now().timestamp()
    assert read(house, "alert_to_message_seconds_sum", channel="messenger") == 300.0
    assert read(house, "event_to_message_seconds_count", channel="messenger") is None  # of a clip: nobody waited
    assert read(house, "job_runs_total", kind="deliver", outcome="again") == 1.0
    assert read(house, "job_runs_total", kind="deliver", outcome="done") == 1.0


async def test_refused_and_held_deliveries_are_no_success(house: House, graph: FakeGraph) -> None:
    graph.people[PSID] = Person(window_open=False)
    await raise_alert(house)
    await house.run_due()
    assert (await house.the_alert()).deliveries[0].state is DeliveryState.HELD
    assert read(house, "deliveries_total", channel="messenger", part="text", outcome="held") == 1.0
    assert read(house, "channel_last_success_timestamp_seconds", channel="messenger") is None


async def test_time_from_event_to_message_counts_from_what_the_camera_saw(house: House, graph: FakeGraph) -> None:
    camera = await house.add_camera()
    await house.add_recipient()
    await house.add_rule()
    origin = Origin(camera.name, house.clock.now(), notify=True, camera_id=camera.id, connection="c")
    observation = make_observation()
    await observe(house.services, origin, observation, lambda: JPEG)
    house.clock.advance(observation.window.end_s + 7)
    await house.run_due()
    assert read(house, "event_to_message_seconds_sum", channel="messenger") == 7.0
    assert read(house, "windows_total", source="camera") == 1.0
