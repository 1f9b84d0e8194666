"""A rule's criteria against one observation."""

from instantreact.domain.observation import Observation
from instantreact.domain.rule import Combine, Criteria, Evidence
from instantreact.rules.conditions import match_condition


def match(criteria: Criteria, observation: Observation) -> tuple[Evidence, ...] | None:
    """The evidence of every condition that holds, in the rule's order; None when the rule does not match_condition.

    A rule without conditions never holds.
    """
    found = [evidence for condition in criteria.conditions if (evidence := match_condition(condition, observation))]
    enough = len(criteria.conditions) if criteria.combine is Combine.ALL else 1
    return tuple(found) if found and len(found) >= enough else None
