"""Which utterances of a clip a recogniser has answered: kept at once, so that only the others are sent again.

What was said may be more than what may be kept, hence it is encrypted; it goes as soon as the clip is done.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from instantreact.errors import Misconfigured
from instantreact.pipeline.services import Services
from instantreact.speech.listen import HeardUtterance
from instantreact.storage import answers
from instantreact.storage.tables import AnsweredUtterance

_HEARD: TypeAdapter[HeardUtterance] = TypeAdapter(HeardUtterance)


def digest_of(engine: str, phrases: Sequence[str]) -> str:
    """Whose answers may stand for another's: the same engine's that listened for the same phrases."""
    return hashlib.sha256("\0".join((engine, *sorted(set(phrases)))).encode()).hexdigest()


@dataclass(frozen=True)
class KeptAnswers:
    """The answers about one clip from who was asked so."""

    services: Services
    clip_id: str
    asked: str

    async def load(self) -> Mapping[int, HeardUtterance]:
        """By the milliseconds at which their utterances start; none where they cannot be opened any more."""
        async with self.services.database.reading() as session:
            rows = await answers.list_answers(session, self.clip_id, asked=self.asked)
        try:
            return {row.start_ms: _HEARD.validate_json(self.services.box.open(row.answer)) for row in rows}
        except Misconfigured:  # the secret key was replaced meanwhile
            return {}

    async def keep(self, heard: HeardUtterance) -> None:
        """Keep one, in a transaction of its own."""
        sealed = self.services.box.seal(_HEARD.dump_json(heard).decode())
        row = AnsweredUtterance(clip_id=self.clip_id, asked=self.asked, start_ms=heard.start_ms, answer=sealed)
        async with self.services.database.unit_of_work() as session:
            await answers.insert_answer(session, row)
