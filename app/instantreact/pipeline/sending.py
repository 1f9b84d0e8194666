"""One part of a delivery to its channel: what is said of the alert, with which picture, and what is counted of it."""

from dataclasses import replace
from datetime import timedelta

from instantreact.channels.channel import Channel
from instantreact.channels.registry import CHANNELS
from instantreact.domain.alert import PartKind, Picture, Receipt
from instantreact.domain.happening import Notice, find_answered_id
from instantreact.errors import ChatWindowClosed, DeliveryRefused, FileMissing, FilesUnreachable, NotFound
from instantreact.media.snapshot import draw_on_snapshot
from instantreact.pipeline.reach import send_despite
from instantreact.pipeline.services import Services
from instantreact.rules.presence import find_pictured
from instantreact.storage.tables import Delivery, DeliveryPart


def part_metadata(part_id: str) -> str:
    """What travels with a part and comes back in its echo."""
    return f"part:{part_id}"


def find_part_id(metadata: str) -> str | None:
    """The part that an echo speaks of; None when it is not one of ours."""
    kind, _, part_id = metadata.partition(":")
    return part_id if kind == "part" and part_id else None


def count_outcome(services: Services, delivery: Delivery, part: DeliveryPart, outcome: str) -> None:
    """For the metrics: what became of a try."""
    services.figures.deliveries.labels(delivery.channel, part.kind, outcome).inc()


def count_sent(services: Services, delivery: Delivery, part: DeliveryPart, receipt: Receipt) -> None:
    """The same of a part that was accepted, and how long it took from the alert, and from what was seen."""
    figures, alert, event = services.figures, delivery.alert, delivery.alert.event
    count_outcome(services, delivery, part, "sent")
    figures.last_success.labels(delivery.channel).set(receipt.accepted_at.timestamp())
    if part.kind is not PartKind.TEXT:
        return
    waited_s = (receipt.accepted_at - alert.raised_at).total_seconds()
    figures.alert_to_message.labels(delivery.channel).observe(max(0.0, waited_s))
    if event is not None and event.clip_id is None:
        ended_at = event.occurred_at + timedelta(seconds=event.end_s - event.start_s)
        figures.to_message.labels(delivery.channel).observe(max(0.0, (receipt.accepted_at - ended_at).total_seconds()))


async def send_part(services: Services, channel: Channel, delivery: Delivery, part: DeliveryPart) -> Receipt:
    """Have the channel take one part; raises as channels do, and DeliveryRefused for a picture that is gone."""
    alert, address, metadata = delivery.alert, delivery.recipient.address, part_metadata(part.id)
    language = delivery.recipient.language or services.language
    answered_id = find_answered_id(alert.id, alert.happening)
    notice = Notice(answered_id, alert.happening, services.links.open_url(answered_id), language=language)
    if part.kind is PartKind.TEXT:
        if CHANNELS[delivery.channel].embeds_picture:
            notice = replace(notice, picture=await _find_picture(services, delivery))
        try:
            return await channel.send_text(address, notice, metadata=metadata)
        except ChatWindowClosed as closed:
            return await send_despite(services, delivery, notice, closed, metadata=metadata)
    picture = await _load_picture(services, delivery)
    return await channel.send_picture(address, notice, picture, metadata=metadata)


async def _find_picture(services: Services, delivery: Delivery) -> Picture | None:
    """What the message brings along; it does not wait for a picture that is gone or cannot be read now."""
    try:
        return await _load_picture(services, delivery)
    except (DeliveryRefused, NotFound, FileMissing, FilesUnreachable):
        return None


async def _load_picture(services: Services, delivery: Delivery) -> Picture:
    event = delivery.alert.event
    if event is None or event.snapshot_key is None:
        raise DeliveryRefused("The picture of this alert is gone.")
    jpeg = await services.threads.run(services.blobs.read, event.snapshot_key)
    shown = find_pictured(event.observation) if services.draws_boxes else ()
    return Picture(await services.threads.run(draw_on_snapshot, jpeg, shown) if shown else jpeg)
