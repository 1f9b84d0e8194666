"""Reaching somebody whose chat window is shut: by an approved template, where one is set and taken.

A template that is refused is left alone for an hour, and whoever looks is told why: nobody approves one within minutes,
and each try would be another refusal in the Page's record.
"""

from dataclasses import replace
from datetime import timedelta

from instantreact.domain.alert import Receipt
from instantreact.domain.happening import Notice, asks_for_answer
from instantreact.errors import ChatWindowClosed, TemplateRefused
from instantreact.logs import get_logger
from instantreact.pipeline.services import Services
from instantreact.storage import template_faults
from instantreact.storage.tables import Delivery

TRY_AGAIN = timedelta(hours=1)

log = get_logger(__name__)


async def send_despite(
    services: Services, delivery: Delivery, notice: Notice, closed: ChatWindowClosed, *, metadata: str
) -> Receipt:
    """Send the text although `closed` was raised for it; raises ChatWindowClosed where nothing can be sent.

    Only what somebody may have to act on is worth a template; a digest waits.
    """
    template = services.templates.get(delivery.channel)
    if template is None or not asks_for_answer(notice.happening):
        raise closed
    name = template.name(notice.language)
    async with services.database.reading() as session:
        refusal = await template_faults.find_refusal(session, delivery.channel, name)
    if refusal is not None and services.clock.now() - refusal.tried_at < TRY_AGAIN:
        raise ChatWindowClosed(f"{closed} The template {name} was not tried: {refusal.reason}")
    try:
        receipt = await template.send(delivery.recipient.address, notice, metadata=metadata)
    except TemplateRefused as error:
        await _note(services, delivery, name, error)
        raise ChatWindowClosed(f"{closed} The template {name} was refused: {error}") from error
    if refusal is not None:
        async with services.database.unit_of_work() as session:
            await template_faults.forget_refusal(session, delivery.channel, name)
    log.info("delivery.sent_by_template", delivery_id=delivery.id, template=name)
    return replace(receipt, by_template=True)


async def _note(services: Services, delivery: Delivery, name: str, error: TemplateRefused) -> None:
    async with services.database.unit_of_work() as session:
        is_new = await template_faults.note_refusal(
            session, delivery.channel, name, str(error), now=services.clock.now()
        )
    write = log.error if is_new else log.warning
    write("template.refused", channel=delivery.channel, template=name, reason=str(error))
