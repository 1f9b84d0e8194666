import shutil
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import ValidationError

from instantreact.errors import Misconfigured
from instantreact.storage import cameras
from instantreact.storage.cameras import CameraSettings
from instantreact.wiring import (
    find_default_zone,
    internal_token,
    load_secret_keys,
    make_lease_owner,
    make_neighbours,
    open_blobs,
    open_services,
    reach_policy,
)
from tests.ingest.processes import make_settings
from tests.storage.databases import empty_database
from tests.storage.factories import NOW

__all__ = ["empty_database"]

SOURCE = "rtsp://user:hunter2@10.0.0.1/main"


@pytest.fixture
def state_dir(empty_database: Path, tmp_path: Path) -> Path:
    shutil.copyfile(empty_database, tmp_path / "instantreact.sqlite3")
    return tmp_path


async def test_secret_key_is_rotated_without_losing_an_address(state_dir: Path) -> None:
    (old,) = load_secret_keys(make_settings(state_dir))
    new = Fernet.generate_key().decode()
    async with open_services(make_settings(state_dir)) as before, before.database.unit_of_work() as session:
        camera = await cameras.insert_camera(session, before.box, CameraSettings("Door", SOURCE), now=NOW)
    both = make_settings(state_dir, secret_keys=f"{new}, {old}")
    async with open_services(both) as between, between.database.unit_of_work() as session:
        await cameras.reseal_cameras(session, between.box)

    async with open_services(make_settings(state_dir, secret_keys=new)) as after, after.database.reading() as session:
        assert cameras.open_settings(await cameras.get_camera(session, camera.id), after.box).source == SOURCE


async def test_services_need_a_secret_key_that_is_one(state_dir: Path) -> None:
    for keys in (",", "short"):
        with pytest.raises(Misconfigured):
            async with open_services(make_settings(state_dir, secret_keys=keys)):
                pass


def test_processes_with_the_same_secret_know_each_other(tmp_path: Path) -> None:
    one, other = make_settings(tmp_path / "a"), make_settings(tmp_path / "b")

    assert internal_token(one) == internal_token(make_settings(tmp_path / "a")) != internal_token(other)


@pytest.mark.parametrize(
    ("values", "address"),
    [
        ({"host": "127.0.0.1"}, "http://127.0.0.1:8123"),
        ({"host": "::1"}, "http://[::1]:8123"),
        ({"host": "0.0.0.0", "internal_url": "http://watcher-2:9000/"}, "http://watcher-2:9000"),
    ],
)
def test_lease_says_where_the_process_answers(values: dict[str, str], address: str, tmp_path: Path) -> None:
    assert make_lease_owner(make_settings(tmp_path, **values), "anna", 8123).address == address


def test_cameras_may_lie_where_the_settings_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSTANTREACT_ALLOWED_SOURCE_FOLDERS", "/videos:/more")
    policy = reach_policy(make_settings(tmp_path, forbid_private_hosts=True))

    assert policy.file_folders == (Path("/videos"), Path("/more"))
    assert not policy.allow_private


def test_cameras_may_not_be_at_a_port_that_a_process_of_the_service_listens_on(tmp_path: Path) -> None:
    serving, watching, working = (make_neighbours(make_settings(tmp_path)) for _ in range(3))
    policy = reach_policy(make_settings(tmp_path))
    with serving.join(8123), working.join():
        assert policy.own_ports() == {8123}
        with watching.join(8124):
            assert policy.own_ports() == {8123, 8124}
        assert policy.own_ports() == {8123}
    assert policy.own_ports() == frozenset()


def test_default_zone_is_the_setting_s_and_a_name_that_is_none_is_refused_with_the_nearest(tmp_path: Path) -> None:
    assert find_default_zone(make_settings(tmp_path, time_zone="Asia/Tokyo")).key == "Asia/Tokyo"
    with pytest.raises(Misconfigured, match=r"INSTANTREACT_TIME_ZONE.*Is Europe/Berlin meant"):
        find_default_zone(make_settings(tmp_path, time_zone="Berlin"))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"blobs_dir": "files"}, "INSTANTREACT_BLOBS_DIR and INSTANTREACT_BLOBS_URL are both set"),
        ({"s3_access_key_id": "somebody"}, "INSTANTREACT_S3_SECRET_ACCESS_KEY need each other"),
        ({"s3_secret_access_key": "something"}, "INSTANTREACT_S3_SECRET_ACCESS_KEY need each other"),
    ],
)
def test_bucket_that_is_half_configured_is_refused(tmp_path: Path, settings: dict[str, str], told: str) -> None:
    with pytest.raises(Misconfigured, match=told):
        open_blobs(make_settings(tmp_path, blobs_url="s3://bucket/prefix", **settings))


@pytest.mark.parametrize("url", ["bucket", "https://bucket", "s3://", "s3:///prefix", "s3://b c", "s3://bucket/a?b"])
def test_address_of_a_bucket_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValidationError, match="blobs_url"):
        make_settings(tmp_path, blobs_url=url)
