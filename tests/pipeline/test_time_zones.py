"""People read when something happened by the clock on the wall of the place; the database keeps UTC."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from instantreact.channels.words import compose_text
from instantreact.domain.alert import Notify
from instantreact.pipeline.analyze import find_origin
from instantreact.pipeline.observe import observe
from instantreact.storage import cameras, clips, sites
from instantreact.storage.cameras import CameraSettings
from tests.observations import make_observation
from tests.pipeline.conftest import JPEG, House
from tests.storage.factories import make_new_clip


async def add_shop(house: House, time_zone: str | None) -> str:
    """A camera of a site in this time zone; the site's id."""
    async with house.services.database.unit_of_work() as session:
        site = await sites.insert_site(session, {"name": "Shop", "time_zone": time_zone}, now=house.clock.now())
        settings = CameraSettings("Till", "rtsp://192.0.2.1/", site="Shop")
        await cameras.insert_camera(session, house.services.box, settings, now=house.clock.now())
    return site.id


async def see_fight(house: House, at: datetime, *, has_camera: bool = True) -> str:
    """What the newest alert says."""
    async with house.services.database.unit_of_work() as session:
        camera_ids = [camera.id for camera in await cameras.list_all_cameras(session)]
        camera_id = camera_ids[0] if has_camera else None
        new = replace(make_new_clip(), camera_id=camera_id, recorded_at=at, notify=Notify.ALWAYS)
        clip, _ = await clips.insert_or_find(session, new, now=house.clock.now())
        origin, _ = await find_origin(session, clip)
    (alert,) = (await observe(house.services, origin, make_observation(), lambda: JPEG)).alerts
    return compose_text(alert.happening)


SPRING, AUTUMN = datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)
"""When Berlin's clocks go from 2 to 3, and from 3 to 2, at 1:00 UTC."""


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (SPRING + timedelta(minutes=59), "Sun 29 Mar 2026, 01:59:00 CET (UTC+01:00)"),
        (SPRING + timedelta(minutes=60), "Sun 29 Mar 2026, 03:00:00 CEST (UTC+02:00)"),
        (AUTUMN + timedelta(minutes=30), "Sun 25 Oct 2026, 02:30:00 CEST (UTC+02:00)"),
        (AUTUMN + timedelta(minutes=90), "Sun 25 Oct 2026, 02:30:00 CET (UTC+01:00)"),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "Fri 01 Jan 2027, 00:30:00 CET (UTC+01:00)"),
    ],
)
async def test_alert_names_the_hour_of_its_site_when_clocks_are_changed(house: House, at: datetime, said: str) -> None:
    await house.add_rule()
    await add_shop(house, "Europe/Berlin")
    assert said in await see_fight(house, at)


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Australia/Lord_Howe", "Sun 25 Oct 2026, 11:00:00 UTC+11:00"),
        ("America/Sao_Paulo", "Sat 24 Oct 2026, 21:00:00 UTC-03:00"),
        ("Asia/Kolkata", "Sun 25 Oct 2026, 05:30:00 IST (UTC+05:30)"),
        ("UTC", "Sun 25 Oct 2026, 00:00:00 UTC\n"),
        (None, "Sun 25 Oct 2026, 00:00:00 UTC\n"),
    ],
)
async def test_alert_names_the_offset_when_the_zone_has_no_letters_and_utc_once(
    house: House, zone: str | None, said: str
) -> None:
    await house.add_rule()
    await add_shop(house, zone)
    assert said in await see_fight(house, AUTUMN)


async def test_alert_of_an_upload_without_a_camera_is_told_in_the_service_s_zone(house: House) -> None:
    await house.add_rule()
    await add_shop(house, "Europe/Berlin")
    tokyo = replace(house, services=replace(house.services, time_zone=ZoneInfo("Asia/Tokyo")))
    assert "09:00:00 JST (UTC+09:00)" in await see_fight(tokyo, AUTUMN, has_camera=False)


async def test_alert_keeps_the_hour_it_named_when_the_zone_of_its_site_is_corrected_later(house: House) -> None:
    await house.add_rule(cooldown_s=0.0)
    site_id = await add_shop(house, "Europe/London")
    said = await see_fight(house, AUTUMN)
    assert "01:00:00 BST" in said
    async with house.services.database.unit_of_work() as session:
        await sites.replace_site(session, site_id, {"name": "Shop", "time_zone": "Europe/Berlin"})
    assert [compose_text(alert.happening) for alert in await house.alerts()] == [said]
    assert "02:00:00 CEST" in await see_fight(house, AUTUMN)
