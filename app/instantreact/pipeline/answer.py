"""The one door for what people say about an alert, whether by a button, a command, a link or the API."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import Answer, AnswerKind
from instantreact.logs import get_logger
from instantreact.storage import alerts
from instantreact.storage.tables import Alert

log = get_logger(__name__)


async def answer_alert(session: AsyncSession, answer: Answer, *, by: str, now: datetime) -> Alert:
    """The alert as it stands after the answer, in the caller's transaction. Raises NotFound.

    Said again, it changes nothing. What was acknowledged may turn out to be a false alarm; a dismissed alert stays so.
    """
    give = alerts.acknowledge_alert if answer.kind is AnswerKind.ACKNOWLEDGE else alerts.dismiss_alert
    alert = await give(session, answer.alert_id, by=by, now=now)
    log.info("alert.answered", alert_id=alert.id, answer=answer.kind, state=alert.state)
    return alert


def describe_state(alert: Alert) -> str:
    """How the alert stands, such as `Acknowledged by Ana`."""
    return f"{alert.state.capitalize()}{f' by {alert.answered_by}' if alert.answered_by else ''}"
