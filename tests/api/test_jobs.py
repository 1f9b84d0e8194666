import httpx
from sqlalchemy import update

from instantreact.domain.job import JobState
from instantreact.jobs import outbox
from instantreact.pipeline.services import Services
from instantreact.storage.tables import Job
from tests.api.problems import assert_problem
from tests.storage.factories import NOW


async def put_jobs(services: Services) -> None:
    """One job that is due and one that was given up."""
    async with services.database.unit_of_work() as session:
        await outbox.put(session, "analyze", "c1", now=NOW)
        await outbox.put(session, "deliver", "d1", now=NOW)
        given_up = {"state": JobState.BURIED, "attempts": 8, "error": "Messenger refused the token."}
        await session.execute(update(Job).where(Job.kind == "deliver").values(given_up))


async def test_jobs_that_were_buried_are_listed_with_the_reason(client: httpx.AsyncClient, services: Services) -> None:
    await put_jobs(services)

    (job,) = (await client.get("/jobs", params={"state": "buried"})).json()["items"]

    assert (job["kind"], job["subject"], job["attempts"]) == ("deliver", "d1", 8)
    assert job["error"] == "Messenger refused the token."
    assert (job["created_at"], job["run_at"]) == ("2026-11-22T12:00:00Z",) * 2
    assert len((await client.get("/jobs")).json()["items"]) == 2


async def test_job_that_was_buried_is_due_again_when_rerun(client: httpx.AsyncClient, services: Services) -> None:
    await put_jobs(services)
    (job,) = (await client.get("/jobs", params={"state": "buried"})).json()["items"]
    woken = services.database.subscribe(outbox.TOPIC)

    answer = await client.post(f"/jobs/{job['id']}/rerun")

    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["attempts"], answer.json()["error"]) == ("due", 0, None)
    assert woken.is_set()
    assert_problem(await client.post(f"/jobs/{job['id']}/rerun"), 409, "only a buried job")


async def test_job_that_is_not_there_is_not_found(client: httpx.AsyncClient) -> None:
    assert_problem(await client.post("/jobs/j1/rerun"), 404, "There is no job j1.")
