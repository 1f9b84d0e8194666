"""Rules ready to be posted: what most people want to be told of.

None asks for confirmation: at equally many fights found no way of asking for more windows had fewer false alarms than
one window with a cooldown (docs/decisions/0046-evidence-over-time.md).
"""

from typing import Any

from pydantic import BaseModel, ConfigDict

from instantreact.api.schemas.rules import RuleDraft

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
    needs: str
    rule: RuleDraft


def _template(name: str, en: str, fr: str, needs: str, **rule: Any) -> RuleTemplateView:
    draft = RuleDraft.model_validate({"name": en, **rule})
    return RuleTemplateView(id=name, title=RuleTemplateTitle(en=en, fr=fr), needs=needs, rule=draft)


def list_templates() -> list[RuleTemplateView]:
    """The catalogue; `needs` says what must be switched on for it: `captions`, `speech` or `detector`."""
    person = {"label": "person"}
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
            "captions",
            conditions=[{"kind": "concept", "concept": "fall", "min_score": 0.5}],
            severity="critical",
        ),
        _template(
            "help",
            "A call for help",
            "Un appel à l'aide",
            "speech",
            conditions=[{"kind": "speech", "phrases": ["help", "call the police", "somebody help me"]}],
            severity="critical",
        ),
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
            "words",
            "Own words",
            "Ses propres mots",
            "captions",
            conditions=[{"kind": "caption", "phrases": ["red car"], "min_score": 0.3}],
        ),
    ]
