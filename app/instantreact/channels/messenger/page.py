"""Setting a Page up for alerts: what it sends us, what people see before they write, and what is still missing.

Meta, Messenger Platform: subscribed_apps, messenger_profile; the webhook's address is entered at Facebook by hand.
"""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import httpx

from instantreact.channels.catalogue import GREETING, MENU_HELP, MENU_STOP
from instantreact.channels.messenger.graph import GraphClient, MessengerAccount, Reply, holds_text
from instantreact.channels.messenger.webhook import GET_STARTED, STOP
from instantreact.channels.payloads import write_words
from instantreact.domain.language import Language
from instantreact.errors import DeliveryError

FIELDS = (
    "messages",
    "messaging_postbacks",
    "messaging_optins",
    "messaging_referrals",
    "message_deliveries",
    "message_reads",
    "message_echoes",
    "message_reactions",
    "messaging_policy_enforcement",
)
_LOCALES = {"default": Language.ENGLISH, "fr_FR": Language.FRENCH, "fr_CA": Language.FRENCH}
_ASK_S = 10.0


@dataclass(frozen=True)
class PageCheck:
    """One thing that must be so: what was found, or the problem and what to do about it."""

    name: str
    detail: str
    problem: str | None = None


@dataclass(frozen=True)
class PageSetup:
    """What a Page is set up for.

    public_url    where Messenger reaches this service
    verify_token  what Messenger repeats when the webhook is entered
    """

    account: MessengerAccount
    public_url: str | None
    verify_token: str | None = field(repr=False)


async def connect_page(setup: PageSetup, *, may_change: bool = True) -> Sequence[PageCheck]:
    """Subscribe the Page to our fields and set button, greeting, menu and domains; or only look, where that is all.

    Everything is tried and told, whatever fails; doing it again changes nothing.
    """
    graph = GraphClient(setup.account)
    try:
        page = await _try("page", lambda: _look_at_page(graph))
        checks = [page, _look_at_secret(setup, page), await _ask_webhook(setup)]
        if page.problem is None:
            checks.append(await _try("fields", lambda: _subscribe(graph, may_change=may_change)))
            checks.append(await _try("profile", lambda: _describe(graph, setup, may_change=may_change)))
        return checks
    finally:
        await graph.close()


async def _try(name: str, look: Callable[[], Awaitable[str]]) -> PageCheck:
    try:
        return PageCheck(name, await look())
    except DeliveryError as error:
        return PageCheck(name, "", f"{error} {_HINTS[name]}".strip())
    except _Missing as error:
        return PageCheck(name, "", str(error))


_HINTS = {
    "page": "Check INSTANTREACT_MESSENGER_PAGE_ID, the token and the app secret: all three belong to one app.",
    "fields": "The token needs the permission pages_manage_metadata.",
    "profile": "The token needs the permission pages_messaging.",
}


class _Missing(Exception):
    """Something is not set, and nothing may be changed now."""


async def _look_at_page(graph: GraphClient) -> str:
    page = await graph.get("", {"fields": "name"}, is_success=holds_text("id"))
    return f"{page.get('name', '')!s} ({page['id']}); its token works"


def _look_at_secret(setup: PageSetup, page: PageCheck) -> PageCheck:
    if setup.account.app_secret is None:
        problem = "INSTANTREACT_MESSENGER_APP_SECRET is not set: nothing that people answer can be believed."
        return PageCheck("app secret", "", problem)
    if page.problem is not None:
        return PageCheck("app secret", "", "It cannot be tried before the Page answers.")
    return PageCheck("app secret", "Graph takes its proof")


async def _ask_webhook(setup: PageSetup) -> PageCheck:
    """Ask as Messenger does when the webhook is entered there."""
    name = "webhook"
    if setup.public_url is None or setup.verify_token is None:
        missing = "PUBLIC_URL" if setup.public_url is None else "MESSENGER_VERIFY_TOKEN"
        return PageCheck(name, "", f"INSTANTREACT_{missing} is not set: Messenger cannot call this service.")
    url = f"{setup.public_url.rstrip('/')}/webhooks/messenger"
    if not url.startswith("https://"):
        return PageCheck(name, "", f"{url} is not https, and Messenger calls nothing else.")
    challenge = secrets.token_hex(8)
    query = {"hub.mode": "subscribe", "hub.verify_token": setup.verify_token, "hub.challenge": challenge}
    try:
        async with httpx.AsyncClient(timeout=_ASK_S) as client:
            answer = await client.get(url, params=query)
    except httpx.HTTPError as error:
        problem = f"{url} cannot be reached from here: {type(error).__name__}. Does it lead to this service?"
        return PageCheck(name, "", problem)
    if answer.status_code != httpx.codes.OK or answer.text != challenge:
        problem = f"{url} answers {answer.status_code}, and not as this service does: does it lead here?"
        return PageCheck(name, "", problem)
    return PageCheck(name, f"{url} answers from here; enter it at Facebook with the verify token if you have not yet")


async def _subscribe(graph: GraphClient, *, may_change: bool) -> str:
    if may_change:
        params = {"subscribed_fields": ",".join(FIELDS)}
        await graph.post("/subscribed_apps", params=params, is_success=_is_done)
    apps = await graph.get("/subscribed_apps", {}, is_success=_is_list)
    taken = {name for app in _objects(apps) for name in _texts(app.get("subscribed_fields"))}
    if missing := [name for name in FIELDS if name not in taken]:
        raise _Missing(f"The Page does not send {', '.join(missing)}: run `instantreact messenger connect`.")
    return f"the Page sends {len(FIELDS)} kinds of events"


async def _describe(graph: GraphClient, setup: PageSetup, *, may_change: bool) -> str:
    wanted: Reply = {
        "get_started": {"payload": GET_STARTED},
        "greeting": [{"locale": locale, "text": GREETING.say(each)} for locale, each in _LOCALES.items()],
        "persistent_menu": [_make_menu(locale, language) for locale, language in _LOCALES.items()],
    }
    if setup.public_url is not None and setup.public_url.startswith("https://"):
        wanted["whitelisted_domains"] = [setup.public_url.rstrip("/")]
    if may_change:
        await graph.post("/messenger_profile", json=wanted, is_success=_is_done)
    profile = await graph.get("/messenger_profile", {"fields": ",".join(wanted)}, is_success=_is_list)
    found = {name for part in _objects(profile) for name in part}
    if missing := [name for name in wanted if name not in found]:
        raise _Missing(f"{', '.join(missing)} of the Page are not set: run `instantreact messenger connect`.")
    return f"{', '.join(wanted)} are set"


def _make_menu(locale: str, language: Language) -> Reply:
    items = ((MENU_STOP, STOP), (MENU_HELP, write_words("help")))
    actions = [{"type": "postback", "title": saying.say(language), "payload": payload} for saying, payload in items]
    return {"locale": locale, "composer_input_disabled": False, "call_to_actions": actions}


def _is_done(reply: Reply) -> bool:
    return reply.get("result") == "success" or reply.get("success") in (True, "true")


def _is_list(reply: Reply) -> bool:
    return isinstance(reply.get("data"), list)


def _objects(reply: Reply) -> list[Reply]:
    data = reply.get("data")
    return [each for each in data if isinstance(each, dict)] if isinstance(data, list) else []


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
