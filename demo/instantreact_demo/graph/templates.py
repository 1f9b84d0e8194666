"""Utility templates: what Graph approves, and what it refuses of a message that is sent by one (contract, 3.1)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from instantreact_demo.graph.policies import GraphError

_PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_NAME = re.compile(r"[a-z0-9_]{1,512}")
_MOST_PLACES_A_WORD = 1 / 3


@dataclass(frozen=True)
class Rendered:
    """What a person sees of a template: its text and its buttons, with the values in them."""

    text: str
    buttons: tuple[Mapping[str, str], ...]


@dataclass
class Template:
    """One that was created; Meta may pause it, or approve it later: set `status`."""

    name: str
    language: str
    text: str
    buttons: Sequence[Mapping[str, Any]]
    is_named: bool
    status: str = "APPROVED"

    def as_json(self, number: int) -> dict[str, Any]:
        """As a list shows it."""
        shown = {"name": self.name, "language": self.language, "status": self.status}
        return {"id": str(number), "category": "UTILITY", **shown}

    def render(self, components: Any) -> Rendered:
        """Its words with the values of a message in their places. Raises GraphError where they do not fit."""
        given = {str(each.get("type", "")).lower(): each.get("parameters", []) for each in _objects(components)}
        if unknown := given.keys() - {"body", "buttons"}:
            raise GraphError(100, f"Unknown template components {sorted(unknown)}")
        values = self._read_values(_objects(given.get("body", [])))
        text = _PLACE.sub(lambda place: values[place[1]], self.text)
        return Rendered(text, tuple(self._render_buttons(_objects(given.get("buttons", [])))))

    def _read_values(self, parameters: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        values: dict[str, str] = {}
        for number, parameter in enumerate(parameters, start=1):
            name = parameter.get("parameter_name") if self.is_named else str(number)
            value = parameter.get("text")
            if parameter.get("type") != "text" or not isinstance(value, str) or not value.strip():
                raise GraphError(100, f"Template parameter {number} must be a text that is not empty")
            if (parameter.get("parameter_name") is not None) != self.is_named or not isinstance(name, str):
                raise GraphError(100, "Template parameters have names if the template's format is NAMED, and only then")
            if re.search("[#$%]", value):
                raise GraphError(100, f"Template parameter {name} may not hold #, $ or %")
            values[name] = value
        if set(values) != set(_list_places(self.text)) or len(values) != len(parameters):
            raise GraphError(100, f"INCORRECT_PARAMS: expected {_list_places(self.text)}, got {list(values)}")
        return values

    def _render_buttons(self, parameters: Sequence[Mapping[str, Any]]) -> list[Mapping[str, str]]:
        asking = [button for button in self.buttons if _PLACE.search(_target(button))]
        if [button["type"] for button in asking] != [each.get("type") for each in parameters]:
            raise GraphError(100, "INCORRECT_PARAMS: the parameters of the buttons are not those of the template")
        values = iter(parameters)
        shown: list[Mapping[str, str]] = []
        for button in self.buttons:
            kind, field = ("web_url", "url") if button["type"] == "URL" else ("postback", "payload")
            target = _target(button)
            if _PLACE.search(target):
                target = _PLACE.sub(str(next(values).get(field, "")), target)
            shown.append({"type": kind, "title": button["text"], field: target})
        return shown


def create_template(body: Mapping[str, Any]) -> Template:
    """The template that a call describes. Raises GraphError for what Meta refuses at once."""
    if body.get("category") != "UTILITY" or not _NAME.fullmatch(str(body.get("name", ""))) or not body.get("language"):
        raise GraphError(100, "A template needs a name of a-z, 0-9 and _, a language, and the category UTILITY")
    parts = {str(each.get("type")): each for each in _objects(body.get("components", []))}
    text = str(parts.get("BODY", {}).get("text", ""))
    is_named = body.get("parameter_format") == "NAMED"
    _check_text(text, is_named=is_named)
    example = parts.get("BODY", {}).get("example", {})
    named = _objects(example.get("body_text_named_params", []))
    given = named if is_named else example.get("body_text", [[]])[0]
    if len(given) != len(_list_places(text)):
        raise GraphError(100, "INCORRECT_PARAMS: a template needs an example of each parameter")
    buttons = _objects(parts.get("BUTTONS", {}).get("buttons", []))
    return Template(str(body["name"]), str(body["language"]), text, buttons, is_named)


def find_template(templates: Sequence[Template], message: Mapping[str, Any]) -> Template:
    """The one that a message is sent by. Raises GraphError where it may not be."""
    name, language = message.get("name"), (message.get("language") or {}).get("code")
    for template in templates:
        if (template.name, template.language) == (name, language):
            if template.status != "APPROVED":
                raise GraphError(100, f"Template {name} in {language} is {template.status} and cannot be sent")
            return template
    raise GraphError(100, "template cannot be found")


def _check_text(text: str, *, is_named: bool) -> None:
    places = _list_places(text)
    if not text or text.startswith("{{") or text.rstrip(" .!").endswith("}}"):
        raise GraphError(100, "A template may not be empty, nor start or end with a parameter")
    if not is_named and places != [str(number + 1) for number in range(len(places))]:
        raise GraphError(100, "INCORRECT_PARAMS: parameters without names are {{1}}, {{2}} and so on")
    if len(places) > len(text.split()) * _MOST_PLACES_A_WORD:
        raise GraphError(100, "PARAMS_TO_WORD_RATIO_EXCEED_LIMIT")


def _list_places(text: str) -> list[str]:
    return list(dict.fromkeys(_PLACE.findall(text)))


def _target(button: Mapping[str, Any]) -> str:
    return str(button.get("url") or button.get("payload") or "")


def _objects(value: Any) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise GraphError(100, "Expected a list of objects")
    return value
