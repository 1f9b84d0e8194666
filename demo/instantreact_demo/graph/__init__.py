"""A stand-in for Facebook's Graph API: a real local server that keeps to the Messenger contract."""

from instantreact_demo.graph.events import Signing
from instantreact_demo.graph.policies import Person
from instantreact_demo.graph.server import FakeGraph, Moment, Received

__all__ = ["FakeGraph", "Moment", "Person", "Received", "Signing"]
