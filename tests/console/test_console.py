"""Every page of the console in a real browser, at one service: each feature's tests are in the file of its name."""

from tests.console.alerts import *  # noqa: F403
from tests.console.entrance import *  # noqa: F403
