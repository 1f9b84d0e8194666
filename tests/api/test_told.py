"""What became of each alert for one person: held, given up and sent again, told because another was not reached."""

from datetime import timedelta

import httpx

from instantreact.domain.alert import ChannelKind, DeliveryState, Receipt
from instantreact.domain.job import JobState
from instantreact.jobs import outbox
from instantreact.pipeline.services import Services
from instantreact.pipeline.step_names import StepName
from instantreact.storage import deliveries, recipients
from tests.api.problems import assert_problem
from tests.api.test_confinement import Place, confined, other, own
from tests.storage.factories import NOW, make_alert, make_recipient, make_rule

__all__ = ["confined", "other", "own"]


async def test_log_of_a_recipient_tells_what_became_of_each_alert_and_why(
    client: httpx.AsyncClient, services: Services
) -> None:
    async with services.database.unit_of_work() as session:
        ana = await make_recipient(session, name="Ana", address="1")
        ben = await make_recipient(session, name="Ben", address="2", channel=ChannelKind.TELEGRAM)
        rule = await make_rule(session)
        rows = []
        for minutes in range(3):
            at = NOW + timedelta(minutes=minutes)
            rows.append(await make_alert(session, ana, ben, rule_id=rule.id, raised_at=at))
        held, buried, sent = (next(each for each in row.deliveries if each.recipient_id == ana.id) for row in rows)
        await deliveries.fail_delivery(session, held.id, DeliveryState.HELD, "The window is shut.")
        await deliveries.fail_delivery(session, buried.id, DeliveryState.BURIED, "It failed a hundred times.")
        for part in sent.parts:
            await deliveries.mark_parts_sent(session, {part.id: Receipt("m_1", NOW)})
        (instead,) = [each for each in rows[0].deliveries if each.recipient_id == ben.id]
        instead.instead_of = held.id
        await outbox.put(session, StepName.DELIVER, buried.id, now=NOW)
        job = await outbox.find_job(session, StepName.DELIVER, buried.id)
        assert job is not None
        job.state = JobState.BURIED

    log = (await client.get(f"/recipients/{ana.id}/deliveries")).json()
    assert log["next"] is None
    shown = [(each["state"], each["reason"], each["job_id"]) for each in log["items"]]
    assert shown == [
        ("sent", None, None),
        ("buried", "It failed a hundred times.", job.id),
        ("held", "The window is shut.", None),
    ]
    assert log["items"][0]["title"] == "Fight"
    assert [part["message_id"] for part in log["items"][0]["parts"]] == ["m_1", "m_1"]

    first = (await client.get(f"/recipients/{ana.id}/deliveries", params={"limit": 2})).json()
    rest = (await client.get(f"/recipients/{ana.id}/deliveries", params={"limit": 2, "after": first["next"]})).json()
    assert [each["id"] for each in (*first["items"], *rest["items"])] == [each["id"] for each in log["items"]]
    (only,) = (await client.get(f"/recipients/{ana.id}/deliveries", params={"state": "held"})).json()["items"]
    assert only["id"] == held.id
    told = (await client.get(f"/recipients/{ben.id}/deliveries")).json()["items"]
    assert [each["instead_of"] for each in told] == [None, None, held.id]

    assert (await client.post(f"/jobs/{job.id}/rerun")).status_code == 200
    again = (await client.get(f"/recipients/{ana.id}/deliveries", params={"state": "pending"})).json()["items"]
    assert [(each["id"], each["job_id"]) for each in again] == [(buried.id, None)]
    assert_problem(await client.get("/recipients/nobody/deliveries"), 404)


async def test_whoever_is_confined_sees_what_became_of_their_own_alerts_only(
    confined: httpx.AsyncClient, services: Services, own: Place, other: Place
) -> None:
    async with services.database.unit_of_work() as session:
        person = await recipients.get_recipient(session, own.ids["recipient_id"])
        await make_alert(session, person, camera_id=other.ids["camera_id"])
    log = (await confined.get(f"/recipients/{own.ids['recipient_id']}/deliveries")).json()["items"]
    assert [each["alert_id"] for each in log] == [own.ids["alert_id"]]
    assert_problem(await confined.get(f"/recipients/{other.ids['recipient_id']}/deliveries"), 404)
