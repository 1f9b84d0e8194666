"""What people are told about a lost camera."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from instantreact.channels.moments import format_gap
from instantreact.channels.words import compose_text, compose_title
from instantreact.domain.rule import Severity
from instantreact.ingest.outage import make_outage_alert
from instantreact.ingest.state import BackAfter, LostFor
from tests.ingest.watching import make_camera

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")


def test_outage_alert_says_since_when_and_why() -> None:
    alert = make_outage_alert(
        make_camera("rtsp://u:secret@cam/s"), LostFor(NOON, "Nothing listens there.", 60.0), UTC_ZONE, now=NOON
    )
    assert compose_text(alert.happening) == "Door has sent no picture since 12:00:00 UTC. Nothing listens there."
    assert (compose_title(alert.happening), alert.happening.severity) == ("Door is lost", Severity.WARNING)


def test_outage_alert_says_how_long_nothing_was_seen() -> None:
    alert = make_outage_alert(make_camera("push:"), BackAfter(NOON, 754.0), UTC_ZONE, now=NOON)
    assert compose_text(alert.happening) == "Door is back. Nothing was seen for 12 min 34 s from 12:00:00 UTC on."
    assert alert.happening.severity is Severity.INFO


def test_outage_alert_says_how_much_was_not_seen_of_a_camera_that_comes_and_goes() -> None:
    lost = make_outage_alert(make_camera("push:"), LostFor(NOON, "It hung up.", 60.0, seen_s=72.0), UTC_ZONE, now=NOON)
    back = make_outage_alert(make_camera("push:"), BackAfter(NOON, 120.0, seen_s=152.0), UTC_ZONE, now=NOON)
    assert compose_title(lost.happening) == "Door comes and goes"
    assert (
        compose_text(lost.happening)
        == "Door comes and goes. Of the time since 12:00:00 UTC, 1 min 0 s was not seen. It hung up."
    )
    assert compose_text(back.happening) == "Door is back. Of the time since 12:00:00 UTC, 2 min 0 s was not seen."


def test_outage_alert_names_the_day_when_it_was_another() -> None:
    alert = make_outage_alert(make_camera("push:"), BackAfter(NOON, 90_000.0), UTC_ZONE, now=NOON + timedelta(hours=25))
    assert (
        compose_text(alert.happening)
        == "Door is back. Nothing was seen for 25 h 0 min from Sun 22 Nov 2026, 12:00:00 UTC on."
    )


def test_outage_alerts_of_one_outage_have_keys_of_their_own() -> None:
    camera = make_camera("push:")
    keys = {
        make_outage_alert(camera, fact, UTC_ZONE, now=NOON).system_key
        for fact in (LostFor(NOON, "", 60.0), BackAfter(NOON, 9.0))
    }
    assert len(keys) == 2


def test_outage_alert_names_the_day_by_the_clock_of_the_site() -> None:
    since = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # half past two in Berlin, for the first time that night
    fact = LostFor(since, "Nothing listens there.", 60.0)
    zone = ZoneInfo("Europe/Berlin")
    same_night = make_outage_alert(make_camera("push:"), fact, zone, now=since + timedelta(hours=1))
    next_day = make_outage_alert(make_camera("push:"), fact, zone, now=datetime(2026, 10, 25, 23, tzinfo=UTC))
    assert "since 02:30:00 CEST (UTC+02:00)." in compose_text(same_night.happening)
    assert "since Sun 25 Oct 2026, 02:30:00 CEST (UTC+02:00)." in compose_text(next_day.happening)


@pytest.mark.parametrize(("gap_s", "said"), [(9.4, "9 s"), (61, "1 min 1 s"), (7325, "2 h 2 min")])
def test_format_gap_names_the_two_largest_units(gap_s: float, said: str) -> None:
    assert format_gap(gap_s) == said
