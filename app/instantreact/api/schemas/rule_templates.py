"""Rules ready to be posted: what most people want to be told of.

None asks for confirmation: at equally many fights found no way of asking for more windows had fewer false alarms than
one window with a cooldown (docs/decisions/0046-evidence-over-time.md).
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from instantreact.api.schemas.rules import RuleDraft
from instantreact.domain.capabilities import Capabilities

RuleNeed = Literal["captions", "speech", "detector", "poses"]

_WHILE_CLOSED = {
    "hours": [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "start": "22:00", "end": "06:00"}]
}


class RuleTemplateTitle(BaseModel):
    """What a template is called."""

    en: str
    fr: str


class RuleTemplateView(BaseModel):
    """A rule that may be posted to `/rules` as it stands, or changed first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "fight",
                    "title": {"en": "A fight", "fr": "Une bagarre"},
                    "needs": "captions",
                    "rule": {
                        "name": "A fight",
                        "conditions": [{"kind": "concept", "concept": "fight", "min_score": 0.5}],
                        "severity": "critical",
                    },
                }
            ]
        }
    )

    id: str
    title: RuleTemplateTitle
    needs: RuleNeed = Field(
        description="What must be switched on for it: the captioner, speech, the detector or the poses."
    )
    rule: RuleDraft


def _template(name: str, en: str, fr: str, needs: RuleNeed, **rule: Any) -> RuleTemplateView:
    draft = RuleDraft.model_validate({"name": en, **rule})
    return RuleTemplateView(id=name, title=RuleTemplateTitle(en=en, fr=fr), needs=needs, rule=draft)


def list_templates() -> list[RuleTemplateView]:
    """The catalogue."""
    own_words = _template(
        "words",
        "Own words",
        "Ses propres mots",
        "captions",
        conditions=[{"kind": "caption", "phrases": ["red car"], "min_score": 0.3}],
    )
    return [*_list_happenings(), *_list_presences(), own_words]


def list_usable(can: Capabilities) -> list[RuleTemplateView]:
    """Those that would be taken: not one that asks for a concept which no loaded bundle knows."""
    return [each for each in list_templates() if not can.unknown_concepts(each.rule.to_changes()["criteria"])]


def _list_happenings() -> list[RuleTemplateView]:
    return [
        _template(
            "fight",
            "A fight",
            "Une bagarre",
            "captions",
            conditions=[{"kind": "concept", "concept": "fight", "min_score": 0.5}],
            severity="critical",
        ),
        _template(
            "fall",
            "A fall",
            "Une chute",
            "poses",
            conditions=[{"kind": "concept", "concept": "fall", "min_score": 0.5}],
            severity="critical",
        ),
        _template(
            "lying",
            "Somebody lies there",
            "Quelqu'un est allongé",
            "poses",
            conditions=[{"kind": "concept", "concept": "lying", "min_score": 0.5}],
        ),
        _template(
            "help",
            "A call for help",
            "Un appel à l'aide",
            "speech",
            conditions=[{"kind": "speech", "phrases": ["help", "call the police", "somebody help me"]}],
            severity="critical",
        ),
    ]


def _list_presences() -> list[RuleTemplateView]:
    person = {"label": "person"}
    return [
        _template(
            "night",
            "Somebody at night",
            "Quelqu'un la nuit",
            "detector",
            conditions=[{"kind": "object", **person, "min_score": 0.5}],
            schedule=_WHILE_CLOSED,
        ),
        _template(
            "desk",
            "Nobody at the desk",
            "Personne à l'accueil",
            "detector",
            conditions=[{"kind": "absence", **person, "for_s": 300.0}],
            severity="info",
            cooldown_s=1800.0,
        ),
        _template(
            "crowd",
            "A crowd gathers",
            "Un attroupement",
            "detector",
            conditions=[{"kind": "object", **person, "min_score": 0.3, "min_count": 5, "for_s": 10.0}],
        ),
    ]
