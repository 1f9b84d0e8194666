import httpx

from instantreact.domain.alert import ChannelKind
from instantreact.pipeline.services import Services
from instantreact.storage import channel_faults
from tests.api.conftest import Checks
from tests.api.problems import assert_problem
from tests.storage.factories import NOW


async def test_livez_answers_without_a_key_whatever_the_checks_find(anybody: httpx.AsyncClient, checks: Checks) -> None:
    checks.found = {"database": "The database is locked."}

    answer = await anybody.get("/livez")

    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


async def test_readyz_lists_every_check_when_all_are_fine(anybody: httpx.AsyncClient) -> None:
    answer = await anybody.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "checks": {"database": None, "captioner": None}}


async def test_readyz_says_in_words_what_is_missing(anybody: httpx.AsyncClient, checks: Checks) -> None:
    checks.found = {"database": None, "captioner": "There is no bundle in models/captioner."}

    problem = assert_problem(await anybody.get("/readyz"), 503, "captioner: There is no bundle in models/captioner.")

    assert problem["checks"] == checks.found


async def test_readyz_is_degraded_and_no_failure_when_a_channel_is_broken(
    anybody: httpx.AsyncClient, services: Services
) -> None:
    async with services.database.unit_of_work() as session:
        await channel_faults.note_fault(session, ChannelKind.MESSENGER, "The token expired.", now=NOW)

    answer = await anybody.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["checks"] == {"database": None, "captioner": None, "messenger": "The token expired."}


async def test_readyz_fails_when_a_channel_is_broken_and_the_process_cannot_work(
    anybody: httpx.AsyncClient, services: Services, checks: Checks
) -> None:
    checks.found = {"database": None, "captioner": "There is no bundle."}
    async with services.database.unit_of_work() as session:
        await channel_faults.note_fault(session, ChannelKind.MESSENGER, "The token expired.", now=NOW)

    assert_problem(await anybody.get("/readyz"), 503, "There is no bundle.")
