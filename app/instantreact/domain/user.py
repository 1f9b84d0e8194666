"""People who sign in, and what their role lets them do."""

from collections.abc import Mapping
from enum import StrEnum

from instantreact.domain.principal import EVERYTHING, Scope


class Role(StrEnum):
    """What somebody is to the service: viewers see, operators answer alerts and bring in clips, administrators do
    everything.
    """

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"


SCOPES: Mapping[Role, frozenset[Scope]] = {
    Role.VIEWER: frozenset({Scope.READ}),
    Role.OPERATOR: frozenset({Scope.READ, Scope.INGEST, Scope.OPERATE}),
    Role.ADMINISTRATOR: EVERYTHING,
}
"""The scopes that keys have, by role."""
