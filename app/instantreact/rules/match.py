"""A rule's criteria against one observation."""

from instantreact.domain.observation import Observation
from instantreact.domain.rule import Combine, Criteria, Evidence
from instantreact.rules.conditions import hold


def match(criteria: Criteria, observation: Observation) -> tuple[Evidence, ...] | None:
    """The evidence of every condition that holds, in the rule's order; None when the rule does not hold.

    A rule without conditions never holds.
    """
    held = [evidence for condition in criteria.conditions if (evidence := hold(condition, observation))]
    enough = len(criteria.conditions) if criteria.combine is Combine.ALL else 1
    return tuple(held) if held and len(held) >= enough else None
