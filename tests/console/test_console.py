"""Every page of the console in a real browser, at one service: each feature's tests are in the file of its name."""

import pytest

from tests.console.account import *  # noqa: F403
from tests.console.alerts import *  # noqa: F403
from tests.console.cameras import *  # noqa: F403
from tests.console.clips import *  # noqa: F403
from tests.console.entrance import *  # noqa: F403
from tests.console.events import *  # noqa: F403
from tests.console.live import *  # noqa: F403
from tests.console.people import *  # noqa: F403
from tests.console.rules import *  # noqa: F403
from tests.console.start import *  # noqa: F403
from tests.console.system import *  # noqa: F403

pytestmark = pytest.mark.timeout(900)
