"""What Graph refuses, and in which words: contract, sections 1 to 5."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAX_UPLOAD_BYTES = 25 * 1024 * 1024
DEAD_TAGS = frozenset({"CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE"})
ONE_FILE = "An incorrect number of files uploaded. Must upload exactly one file"
_SIGNATURES = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n", "image/gif": b"GIF8"}


class GraphError(Exception):
    """A refusal, with what goes into the error object."""

    def __init__(self, code: int, message: str, *, subcode: int | None = None, status: int = 400) -> None:
        super().__init__(f"(#{code}) {message}")
        self.code = code
        self.subcode = subcode
        self.status = status

    def body(self) -> dict[str, Any]:
        """The reply's JSON object."""
        error = {"message": str(self), "type": "OAuthException", "code": self.code, "fbtrace_id": "AfakeTraceId"}
        return {"error": error if self.subcode is None else {**error, "error_subcode": self.subcode}}


@dataclass
class Person:
    """Somebody that the Page may or may not write to."""

    window_open: bool = True
    blocked: bool = False


@dataclass(frozen=True)
class Upload:
    """The file of a multipart request."""

    data: bytes
    content_type: str | None
    filename: str | None


FIELDS = frozenset(
    {
        "messages", "messaging_postbacks", "messaging_optins", "messaging_referrals", "message_deliveries",
        "message_reads", "message_echoes", "message_reactions", "messaging_policy_enforcement", "message_edits",
        "messaging_handovers", "messaging_account_linking", "feed", "standby",
    }
)  # fmt: skip


def check_permission(name: str, permissions: frozenset[str], *, code: int) -> None:
    """What the token may do."""
    if name not in permissions:
        raise GraphError(code, f"Requires {name} permission to manage the object", status=403)


def check_fields(names: str) -> list[str]:
    """What a Page can be subscribed to."""
    fields = names.split(",")
    if unknown := [name for name in fields if name not in FIELDS]:
        raise GraphError(100, f"Param subscribed_fields must be one of {sorted(FIELDS)}, not {unknown}")
    return fields


def check_profile(body: Mapping[str, Any], known: Mapping[str, Any]) -> Mapping[str, Any]:
    """A menu needs Get Started; its items and the greeting have their lengths (contract, section 8)."""
    merged = {**known, **body}
    for menu in body.get("persistent_menu", ()):
        items = menu["call_to_actions"]
        if "get_started" not in merged or len(items) > 20:
            raise GraphError(100, "You must set a Get Started button if you also wish to use persistent menu")
        if any(len(item["title"]) > 30 or len(item.get("payload", "")) > 1000 for item in items):
            raise GraphError(100, "Length of param call_to_actions[0][title] must be less than or equal to 30")
    if any(len(greeting["text"]) > 160 for greeting in body.get("greeting", ())):
        raise GraphError(100, "Length of param greeting[0][text] must be less than or equal to 160")
    if any(not domain.startswith("https://") for domain in body.get("whitelisted_domains", ())):
        raise GraphError(100, "Domain must use https", subcode=2018062)
    return body


def check_credentials(token: str | None, proof: str | None, *, expected_token: str, app_secret: str | None) -> None:
    """The token, then its proof where an app secret is required."""
    if token != expected_token:
        raise GraphError(190, f"Malformed access token {token}", status=401)
    if app_secret is None:
        return
    if proof is None:
        raise GraphError(100, "API calls from the server require an appsecret_proof argument")
    expected = hmac.new(app_secret.encode(), expected_token.encode(), hashlib.sha256).hexdigest()
    if proof != expected:
        raise GraphError(100, "Invalid appsecret_proof provided in the API argument")


def check_messaging_type(body: Mapping[str, Any]) -> None:
    """A known type; tags only with MESSAGE_TAG, and no dead ones."""
    kind, tag = body.get("messaging_type"), body.get("tag")
    if kind not in ("RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY"):
        raise GraphError(100, "param messaging_type must be one of RESPONSE, UPDATE, MESSAGE_TAG, UTILITY")
    if (kind == "MESSAGE_TAG") != (tag is not None):
        raise GraphError(100, "param tag goes with messaging_type MESSAGE_TAG, and only with it")
    if tag in DEAD_TAGS:
        raise GraphError(100, f"The tag {tag} is no longer supported")


def check_person(body: Mapping[str, Any], people: Mapping[str, Person]) -> str:
    """The PSID, of somebody who can be written to now."""
    recipient = body.get("recipient")
    psid = recipient.get("id") if isinstance(recipient, dict) else None
    if not isinstance(psid, str) or psid not in people:
        raise GraphError(100, "No matching user found", subcode=2018001)
    person = people[psid]
    if person.blocked:
        raise GraphError(551, "This person isn't available right now.", subcode=1545041)
    if not person.window_open and body["messaging_type"] not in ("UTILITY", "MESSAGE_TAG"):
        raise GraphError(10, "This message is sent outside of allowed window.", subcode=2018278)
    return psid


def check_message(message: Any) -> None:
    """Exactly one of text, attachment and template, everything within its length."""
    if not isinstance(message, dict):
        raise GraphError(100, "param message must be non-empty")
    contents = [name for name in ("text", "attachment", "template") if message.get(name)]
    if not contents:
        raise GraphError(100, "Message cannot be empty", subcode=2018034)
    if len(contents) > 1:
        raise GraphError(100, f"A message holds one of {', '.join(contents)}")
    _require_length("message[text]", message.get("text", ""), 1999)
    _require_length("message[metadata]", message.get("metadata", ""), 999)
    _check_quick_replies(message.get("quick_replies", []))
    if "attachment" in message:
        _check_attachment(message["attachment"])


def check_upload(attachment: Mapping[str, Any], files: Sequence[Upload]) -> Upload:
    """Exactly one proper file, of the kind it says it is."""
    proper = [file for file in files if file.filename and file.content_type]
    if len(proper) != 1 or len(files) != 1:
        raise GraphError(100, ONE_FILE)
    file = proper[0]
    if len(file.data) > MAX_UPLOAD_BYTES:
        raise GraphError(100, "Attachment size exceeds allowable limit", subcode=2018109)
    signature = _SIGNATURES.get(file.content_type or "")
    if attachment["type"] == "image" and (signature is None or not file.data.startswith(signature)):
        raise GraphError(100, "Attachment type does not match its file", subcode=2018047)
    if attachment["type"] == "video" and (file.content_type != "video/mp4" or file.data[4:8] != b"ftyp"):
        raise GraphError(100, "Attachment type does not match its file", subcode=2018047)
    return file


def read_json(text: str | bytes) -> dict[str, Any]:
    """A JSON object, or Graph's refusal."""
    try:
        value = json.loads(text)
    except ValueError:
        raise GraphError(100, "Invalid JSON") from None
    if not isinstance(value, dict):
        raise GraphError(100, "Expected a JSON object")
    return value


def _check_quick_replies(replies: Any) -> None:
    if not isinstance(replies, list) or len(replies) > 13:
        raise GraphError(105, "Too many quick replies")
    for reply in replies:
        if reply.get("content_type") not in ("text", "user_phone_number", "user_email"):
            raise GraphError(100, "Unknown content_type of a quick reply")
        if reply["content_type"] == "text":
            _require_text("quick_replies[title]", reply.get("title"), 20)
            _require_text("quick_replies[payload]", reply.get("payload"), 1000)


def _check_attachment(attachment: Any) -> None:
    if not isinstance(attachment, dict) or not isinstance(attachment.get("payload"), dict):
        raise GraphError(100, "param message[attachment] needs type and payload")
    if attachment.get("type") == "template":
        _check_button_template(attachment["payload"])
    elif attachment.get("type") not in ("image", "audio", "video", "file"):
        raise GraphError(100, "Unknown type of attachment")


def _check_button_template(payload: Mapping[str, Any]) -> None:
    if payload.get("template_type") != "button":
        raise GraphError(100, "This server knows button templates only")
    _require_text("payload[text]", payload.get("text"), 640)
    buttons = payload.get("buttons")
    if not isinstance(buttons, list) or not buttons:
        raise GraphError(194, "param payload[buttons] has too few elements")
    if len(buttons) > 3:
        raise GraphError(105, "param payload[buttons] has too many elements")
    for button in buttons:
        _check_button(button)


def _check_button(button: Mapping[str, Any]) -> None:
    _require_text("button[title]", button.get("title"), 20)
    match button.get("type"):
        case "postback":
            _require_text("button[payload]", button.get("payload"), 1000)
        case "web_url":
            if not str(button.get("url", "")).startswith("https://"):
                raise GraphError(100, "param button[url] must be a valid https address")
        case _:
            raise GraphError(100, "Unknown type of button")


def _require_text(name: str, value: Any, limit: int) -> None:
    if not isinstance(value, str) or not value.strip():
        raise GraphError(100, f"param {name} must be non-empty")
    _require_length(name, value, limit)


def _require_length(name: str, value: Any, limit: int) -> None:
    # The docs say characters; the stricter reading, UTF-16 units, is the safe one to test against.
    if not isinstance(value, str) or len(value.encode("utf-16-le")) // 2 > limit:
        raise GraphError(100, f"param {name} must be a string of at most {limit} characters")
