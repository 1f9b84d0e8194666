"""A stand-in for Facebook's Graph API: a real local server that keeps to the Messenger contract."""

from instantreact.demo.graph.events import Signing
from instantreact.demo.graph.rules import Person
from instantreact.demo.graph.server import FakeGraph, Moment, Received

__all__ = ["FakeGraph", "Moment", "Person", "Received", "Signing"]
