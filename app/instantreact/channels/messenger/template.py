"""Alerts as an approved utility template: what may be sent while a person's chat window is shut (contract, 3.1).

Its owner writes the template and has it approved by Meta; we put an alert's values into its places.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from instantreact.channels.messenger.channel import MessengerChannel
from instantreact.channels.messenger.graph_errors import template_error_for
from instantreact.channels.moments import format_moment
from instantreact.channels.payloads import write_payload
from instantreact.channels.shortening import shorten
from instantreact.channels.words import compose_title
from instantreact.domain.alert import Answer, AnswerKind, Receipt
from instantreact.domain.happening import CameraBack, CameraLost, ChannelFailing, ChannelMended, Notice, RuleMatched
from instantreact.domain.language import Language, find_language
from instantreact.domain.site import zone_called
from instantreact.errors import Misconfigured, TemplateRefused

VALUE_UNITS = 60
"""How long a value may be: Meta refuses templates whose places outweigh their words."""

NO_VALUE = "–"
_FORBIDDEN = re.compile(r"[#$%]")


@dataclass(frozen=True)
class TemplateForm:
    """How the template was written.

    languages   in which it is approved, as Meta calls them; the first stands for those that are not there
    parameters  the places of its body in their order: what each is called there ("" for a number), and which of VALUES
                goes there
    buttons     what its buttons do, in their order, as far as they have a place; of BUTTONS
    """

    name: str
    languages: Sequence[str]
    parameters: Sequence[tuple[str, str]]
    buttons: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Raises Misconfigured for what we have no value for."""
        unknown = [f"value {value}" for _, value in self.parameters if value not in VALUES]
        unknown += [f"button {button}" for button in self.buttons if button not in BUTTONS]
        if unknown:
            known = f"there are the values {', '.join(VALUES)} and the buttons {', '.join(BUTTONS)}"
            raise Misconfigured(f"The template {self.name} cannot have the {', '.join(unknown)}: {known}.")

    def find_language(self, language: Language) -> str:
        """What Meta calls the language in which somebody is written to."""
        return next((each for each in self.languages if find_language(each) is language), self.languages[0])


class MessengerTemplate:
    """Sends alerts by a template. Implements Template."""

    def __init__(self, channel: MessengerChannel, form: TemplateForm) -> None:
        self._channel = channel
        self._form = form

    def name(self, language: Language) -> str:
        """With Meta's name of the language, each of which is approved by itself."""
        return f"{self._form.name} ({self._form.find_language(language)})"

    async def send(self, address: str, notice: Notice, *, metadata: str) -> Receipt:
        """Send the template with the alert's values."""
        components: list[dict[str, object]] = [{"type": "body", "parameters": self._write_body(notice)}]
        if self._form.buttons:
            buttons = [BUTTONS[each](notice) for each in self._form.buttons]
            components.append({"type": "buttons", "parameters": buttons})
        template = {
            "name": self._form.name,
            "language": {"code": self._form.find_language(notice.language)},
            "components": components,
        }
        message = {"template": template, "metadata": metadata}
        body = {"recipient": {"id": address}, "messaging_type": "UTILITY", "message": message}
        return await self._channel.send_message(address, body, explain=template_error_for)

    async def check(self) -> str:
        """Ask Graph whether it is approved in each of its languages."""
        found = await self._channel.list_templates(self._form.name)
        for language in self._form.languages:
            state = found.get(language, "not there")
            if state != "APPROVED":
                raise TemplateRefused(f"The template {self._form.name} is {state} in {language}.")
        return f"{self._form.name} is approved in {', '.join(self._form.languages)}"

    def _write_body(self, notice: Notice) -> list[dict[str, str]]:
        return [
            {"type": "text", **({"parameter_name": name} if name else {}), "text": _clean(VALUES[value](notice))}
            for name, value in self._form.parameters
        ]


def _clean(value: str) -> str:
    return shorten(" ".join(_FORBIDDEN.sub(" ", value).split()), VALUE_UNITS) or NO_VALUE


def _title(notice: Notice) -> str:
    return compose_title(notice.happening, notice.language)


def _place(notice: Notice) -> str:
    match notice.happening:
        case RuleMatched():
            return notice.happening.place
        case CameraLost() | CameraBack():
            return notice.happening.camera
        case _:
            return "InstantReact"


def _time(notice: Notice) -> str:
    happening = notice.happening
    match happening:
        case RuleMatched():
            at = happening.occurred_at
        case CameraLost() | CameraBack() | ChannelFailing() | ChannelMended():
            at = happening.since
        case _:
            return NO_VALUE
    return format_moment(at.astimezone(zone_called(happening.time_zone, ZoneInfo("UTC"))), notice.language)


def _severity(notice: Notice) -> str:
    return notice.happening.severity


VALUES: Mapping[str, Callable[[Notice], str]] = {"title": _title, "place": _place, "time": _time, "severity": _severity}
"""What an alert has for a template's places."""


def _open(notice: Notice) -> dict[str, str]:
    """What follows `.../open/` in the button's address."""
    if notice.open_url is None:
        raise TemplateRefused("The template's button open needs INSTANTREACT_PUBLIC_URL.")
    return {"type": "URL", "url": notice.open_url.rpartition("/open/")[2]}


def _answer(kind: AnswerKind) -> Callable[[Notice], dict[str, str]]:
    """What follows `ACK:` or `FALSE:` in the button's payload."""

    def write(notice: Notice) -> dict[str, str]:
        return {"type": "POSTBACK", "payload": write_payload(Answer(kind, notice.alert_id)).partition(":")[2]}

    return write


BUTTONS: Mapping[str, Callable[[Notice], dict[str, str]]] = {
    "acknowledge": _answer(AnswerKind.ACKNOWLEDGE),
    "dismiss": _answer(AnswerKind.DISMISS),
    "open": _open,
}
"""What a template's buttons may do."""
