"""Whether alerts reach people, tried with one that says that nothing happened."""

from collections.abc import Sequence

from instantreact.domain.happening import TrialAlert
from instantreact.errors import Conflict
from instantreact.pipeline.raising import tell
from instantreact.pipeline.services import Services
from instantreact.storage import recipients
from instantreact.storage.alerts import TRIAL, get_alert
from instantreact.storage.tables import Alert, new_id


async def send_trial(services: Services, recipient_ids: Sequence[str] | None, *, by: str) -> Alert:
    """The alert, about to go out to these recipients, or to everybody who is told.

    Raises NotFound, and Conflict where there is nobody to tell.
    """
    now = services.clock.now()
    async with services.database.unit_of_work() as session:
        for recipient_id in recipient_ids or ():
            await recipients.get_recipient(session, recipient_id)
        told = await recipients.list_recipients_to_tell(session, recipient_ids)
        if not told:
            raise Conflict("Nobody would be told: add a recipient, or enable one who has not opted out.")
        happening = TrialAlert(by, services.time_zone.key)
        alert = Alert(system_key=f"{TRIAL}:{new_id()}", happening=happening, raised_at=now)
        raised = await tell(session, alert, told, has_picture=False, now=now)
        return await get_alert(session, (raised or alert).id)
