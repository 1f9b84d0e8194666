"""How much of a camera's sound Wit.ai was asked about."""

from datetime import timedelta

from cryptography.fernet import Fernet
from sqlalchemy import select

from instantreact.domain.camera import SpeechBudget
from instantreact.storage import cameras, speech_use
from instantreact.storage.cameras import CameraSettings
from instantreact.storage.database import Database
from instantreact.storage.secrets import SecretBox
from instantreact.storage.tables import SpeechUse
from tests.storage.factories import NOW


async def test_cameras_have_budgets_of_their_own_in_utterances_and_in_seconds(database: Database) -> None:
    box = SecretBox([Fernet.generate_key().decode()])
    async with database.unit_of_work() as session:
        first, second = [
            await cameras.insert_camera(session, box, CameraSettings(name, "push:"), now=NOW) for name in "ab"
        ]
        for _ in range(2):
            await speech_use.add_use(session, first.id, now=NOW, seconds=20.0)
        await speech_use.add_use(session, second.id, now=NOW, seconds=5.0)
        spent = {
            budget: await speech_use.count_spent(session, budget, now=NOW)
            for budget in (SpeechBudget(), SpeechBudget(2), SpeechBudget(None, 40.0), SpeechBudget(1), SpeechBudget(3))
        }
        assert list(spent.values()) == [0, 1, 1, 2, 0]
        assert await speech_use.is_spent(session, second.id, SpeechBudget(0), now=NOW + timedelta(days=1))
        await speech_use.add_use(session, first.id, now=NOW + timedelta(days=40), seconds=1.0)
        days = await session.scalars(select(SpeechUse.day).where(SpeechUse.camera_id == first.id))
        assert len(days.all()) == 1
