"""The one door for what people say about an alert, whether by a button, a command, a link or the API."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.channels.catalogue import ACKNOWLEDGED, BY, DISMISSED, RAISED
from instantreact.domain.alert import AlertState, Answer, AnswerKind
from instantreact.domain.language import Language
from instantreact.logs import get_logger
from instantreact.pipeline.calibrate import learn_from_answer
from instantreact.pipeline.escalate import tell_answered
from instantreact.storage import alerts
from instantreact.storage.tables import Alert

log = get_logger(__name__)


async def answer_alert(
    session: AsyncSession,
    answer: Answer,
    *,
    by: str,
    now: datetime,
    recipient_id: str | None = None,
    adapts: bool = True,
) -> Alert:
    """The alert as it stands after the answer, in the caller's transaction. Raises NotFound.

    Said again, it changes nothing. What was acknowledged may turn out to be a false alarm; a dismissed alert stays so.
    `recipient_id` says which of those who were told has answered: of an escalated alert all others learn it. Where
    the service `adapts`, the camera learns from it.
    """
    before = (await alerts.lock_alert(session, answer.alert_id)).state
    give = alerts.acknowledge_alert if answer.kind is AnswerKind.ACKNOWLEDGE else alerts.dismiss_alert
    alert = await give(session, answer.alert_id, by=by, now=now)
    if alert.state is not before:
        await tell_answered(session, alert, by=by, by_id=recipient_id, now=now)
        if adapts:
            await learn_from_answer(session, alert, is_false=alert.state is AlertState.DISMISSED, now=now)
    log.info("alert.answered", alert_id=alert.id, answer=answer.kind, state=alert.state)
    return alert


_STATES = {
    AlertState.RAISED: RAISED,
    AlertState.ACKNOWLEDGED: ACKNOWLEDGED,
    AlertState.DISMISSED: DISMISSED,
}


def describe_state(alert: Alert, language: Language = Language.ENGLISH) -> str:
    """How the alert stands, such as `Acknowledged by Ana`."""
    state = _STATES[alert.state].say(language)
    return BY.say(language, state=state, name=alert.answered_by) if alert.answered_by else state
