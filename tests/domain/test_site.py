from zoneinfo import ZoneInfo

import pytest

from instantreact.domain.site import check_zone, machine_zone, zone_called
from instantreact.errors import InvalidInput

UTC = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("Europe/Berln", "Europe/Berlin"),
        ("berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("America/New York", "America/New_York"),
        ("utc", "UTC"),
    ],
)
def test_check_zone_names_the_nearest_one_when_a_name_is_none(name: str, nearest: str) -> None:
    with pytest.raises(InvalidInput, match=f"Is {nearest} meant"):
        check_zone(name)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "/etc/localtime", "localtime", "\x00", "a" * 200, "🕰"])
def test_check_zone_refuses_what_is_no_name_of_a_zone(name: str) -> None:
    with pytest.raises(InvalidInput, match="no time zone"):
        check_zone(name)


@pytest.mark.parametrize("name", ["Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+5"])
def test_check_zone_takes_what_the_iana_database_has(name: str) -> None:
    assert ZoneInfo(check_zone(name)).key == name


def test_zone_called_is_the_default_when_nothing_is_said_or_the_zone_is_gone() -> None:
    assert zone_called(None, UTC) is UTC
    assert zone_called("Europe/Atlantis", UTC) is UTC
    assert zone_called("Asia/Tokyo", UTC).key == "Asia/Tokyo"


@pytest.mark.parametrize(("setting", "name"), [("Asia/Kolkata", "Asia/Kolkata"), ("UTC", "UTC")])
def test_machine_zone_is_the_one_that_the_machine_is_set_to(
    monkeypatch: pytest.MonkeyPatch, setting: str, name: str
) -> None:
    monkeypatch.setenv("TZ", setting)
    assert machine_zone().key == name
