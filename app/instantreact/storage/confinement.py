"""What somebody who is confined to sites or cameras sees and changes, said once for every table.

A confined session adds it to whatever it reads, updates or deletes, whichever query that is; and it refuses to commit
what lies beyond. What is not named here belongs to no camera and holds nothing of any (bindings, locks, inboxes).
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    TableValuedAlias,
    and_,
    event,
    exists,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, with_loader_criteria
from sqlalchemy.orm.util import LoaderCriteriaOption

from instantreact.domain.principal import Confinement
from instantreact.errors import NotAllowed
from instantreact.storage.tables import (
    Alert,
    ApiKey,
    AuditEntry,
    Base,
    Camera,
    CameraLease,
    CameraMinute,
    CameraPause,
    ChannelSecret,
    Clip,
    Delivery,
    Erasure,
    Event,
    Guesses,
    Invitation,
    Job,
    Mute,
    News,
    Recipient,
    Rendition,
    RetentionCounts,
    Rule,
    SetupCode,
    Site,
    SpeechUse,
    Tap,
    Total,
    User,
    UserSession,
    Utterance,
    Verdict,
)

WHOLE = {"whole": True}
"""Execution options of a statement that must see everything, whoever asks: whether something may go, say."""

_CHANGED = "changed beyond doubt"


def confine(session: AsyncSession, confinement: Confinement) -> None:
    """From here on the session sees and changes only what belongs to these sites and cameras."""
    sync = session.sync_session
    options = _make_options(confinement, session.get_bind().dialect.name == "postgresql")
    session.info[_CHANGED] = set()

    def narrow(state: ORMExecuteState) -> None:
        # What hangs on a row that may be seen may be seen with it: the recipient of a delivery, the site of a camera.
        if state.is_relationship_load or state.is_column_load:
            state.statement = _without(options, state.statement)
        elif not (state.is_insert or state.execution_options.get("whole")):
            state.statement = state.statement.options(*options)

    def note(flushed: Session, _context: UOWTransaction, _instances: Any) -> None:
        for row in (*flushed.new, *flushed.dirty, *flushed.deleted):
            if flushed.is_modified(row) or row in flushed.deleted:
                _refuse_common(row, confinement)
                flushed.info[_CHANGED].add(row)

    event.listen(sync, "do_orm_execute", narrow)
    event.listen(sync, "before_flush", note)


def is_confined(session: AsyncSession) -> bool:
    """Whether it sees a part only."""
    return _CHANGED in session.info


async def refuse_beyond(session: AsyncSession) -> None:
    """Raise NotAllowed where something that the session changed belongs elsewhere by now."""
    await session.flush()
    for row in session.info[_CHANGED]:
        if not isinstance(row, Camera | Rule) or row not in session:
            continue
        if await session.scalar(select(type(row).id).where(type(row).id == row.id)) is None:
            raise _beyond()


def _refuse_common(row: Base, confinement: Confinement) -> None:
    """What is everybody's is seen at most, and changed by those who are not confined."""
    is_common = isinstance(row, Recipient | ApiKey | ChannelSecret | Invitation | User | UserSession)
    mutes_everything = isinstance(row, Mute) and row.camera_id is None and row.rule_id is None
    is_elsewhere = isinstance(row, Site) and row.id not in confinement.site_ids
    tells_everybody = isinstance(row, Rule) and row.recipient_ids is None
    if is_common or mutes_everything or is_elsewhere or tells_everybody:
        raise _beyond()


def _beyond() -> NotAllowed:
    return NotAllowed(
        "This reaches beyond the sites and cameras that you are confined to: name cameras and recipients that you "
        "see, and leave what is shared with others to those who are not confined."
    )


def _without(options: Sequence[LoaderCriteriaOption], statement: Any) -> Any:
    """A statement that loads a relationship, without the options that it has of what that belongs to."""
    kept = tuple(each for each in statement._with_options if each not in options)
    if len(kept) == len(statement._with_options):
        return statement
    stripped = statement._clone()
    stripped._with_options = kept
    return stripped


@lru_cache(maxsize=256)
def _make_options(confinement: Confinement, is_postgres: bool) -> tuple[LoaderCriteriaOption, ...]:
    return tuple(with_loader_criteria(table, seen) for table, seen in _list_seen(confinement, is_postgres))


def _list_seen(confinement: Confinement, is_postgres: bool) -> Iterator[tuple[type[Base], ColumnElement[bool]]]:
    """Each table, and which of its rows are seen. The queries inside are of plain tables: nothing narrows them."""
    all_cameras, all_rules = Camera.__table__.c, Rule.__table__.c
    cameras = select(all_cameras.id).where(_is_inside(all_cameras, confinement))
    sites = select(all_cameras.site_id).where(_is_inside(all_cameras, confinement))
    rules = _watches_only(all_rules.camera_ids, cameras, is_postgres)
    told = _elements(all_rules.recipient_ids, is_postgres)
    yield Camera, _is_inside(Camera, confinement)
    yield Site, or_(Site.id.in_(confinement.site_ids), Site.id.in_(sites))
    for table in (CameraLease, CameraMinute, CameraPause, Clip, Erasure, Event, Alert, News, SpeechUse, Tap, Utterance):
        yield table, table.camera_id.in_(cameras)
    yield Delivery, Delivery.alert_id.in_(_of_cameras(Alert, cameras))
    yield Verdict, Verdict.event_id.in_(_of_cameras(Event, cameras))
    yield Job, or_(*(Job.subject.in_(subjects) for subjects in _list_subjects(cameras)))
    yield Rule, _watches_only(Rule.camera_ids, cameras, is_postgres)
    yield Mute, or_(Mute.camera_id.in_(cameras), Mute.rule_id.in_(select(all_rules.id).where(rules)))
    yield Recipient, Recipient.id.in_(select(told.c.value).select_from(Rule.__table__.join(told, true())).where(rules))
    yield from ((table, false()) for table in (ApiKey, AuditEntry, Invitation, Rendition, RetentionCounts, Total))
    yield from ((table, false()) for table in (User, UserSession, ChannelSecret, Guesses, SetupCode))


def _is_inside(cameras: Any, confinement: Confinement) -> ColumnElement[bool]:
    return or_(cameras.site_id.in_(confinement.site_ids), cameras.id.in_(confinement.camera_ids))


def _of_cameras(table: type[Clip | Erasure | Event | Alert | Utterance], cameras: Select[str]) -> Select[Any]:
    columns = table.__table__.c
    return select(columns.id).where(columns.camera_id.in_(cameras))


def _list_subjects(cameras: Select[str]) -> Iterator[Select[Any]]:
    """What jobs are about."""
    yield from (_of_cameras(table, cameras) for table in (Clip, Erasure, Event, Alert, Utterance))
    deliveries = Delivery.__table__.c
    yield select(deliveries.id).where(deliveries.alert_id.in_(_of_cameras(Alert, cameras)))


def _watches_only(camera_ids: Any, cameras: Select[str], is_postgres: bool) -> ColumnElement[bool]:
    """Of a rule that names its cameras, and none but these."""
    watched = _elements(camera_ids, is_postgres)
    others = exists(select(watched.c.value).select_from(watched).where(watched.c.value.not_in(cameras)))
    return and_(camera_ids.is_not(None), ~others)


def _elements(column: Any, is_postgres: bool) -> TableValuedAlias:
    """The elements of a list in JSON, as rows."""
    split = func.json_array_elements_text if is_postgres else func.json_each
    return split(column).table_valued("value")
