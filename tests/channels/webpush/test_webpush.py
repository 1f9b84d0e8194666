import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from instantreact.channels.channel import ChannelTools
from instantreact.channels.webpush.channel import TTL_S, WebPushChannel, WebPushPolicy
from instantreact.channels.webpush.message import MOST_BYTES, encrypt, write_message
from instantreact.channels.webpush.setup import find_address_fault, open_webpush
from instantreact.channels.webpush.subscription import PushSubscription, read_subscription, write_subscription
from instantreact.channels.webpush.vapid import load_key, write_public
from instantreact.config import Settings
from instantreact.domain.alert import Picture
from instantreact.domain.happening import CameraLost, Digest, Happening, Notice, RuleMatched, Written
from instantreact.domain.language import Language
from instantreact.domain.rule import Evidence, Severity
from instantreact.errors import (
    ChannelBroken,
    DeliveryDeferred,
    DeliveryError,
    DeliveryRefused,
    InvalidInput,
    Misconfigured,
    RecipientUnreachable,
)
from instantreact.hosts import HostPolicy
from tests.channels.webpush.conftest import CONTACT, OpenSafe, subscription_of
from tests.conftest import StoppedClock
from tests.servers.push_service import (
    PushFault,
    PushService,
    SubscribedBrowser,
    decode,
    decrypt,
    encode,
    point_of,
)
from tests.storage.factories import NOW

ALERT_ID = "0" * 32
LINK = "https://alerts.example/open/1/s"
FIGHT = RuleMatched(
    "Fight", "Front door", "two men fight", (Evidence("concept", "fight", 0.9, "fight", 1.0, 2.0),), NOW, "UTC",
    Severity.CRITICAL,
)  # fmt: skip
NOTICE = Notice(ALERT_ID, FIGHT, LINK, Picture(b"\xff\xd8\xff"))

# RFC 8291, appendix A: what is known of a message before any code of ours touched it.
_RFC_KEY = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
_RFC_AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
_RFC_BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
    "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_browser_of_the_tests_reads_the_message_of_the_standard() -> None:
    key = ec.derive_private_key(int.from_bytes(decode(_RFC_KEY)), ec.SECP256R1())
    assert decrypt(decode(_RFC_BODY), key, decode(_RFC_AUTH)) == b"When I grow up, I want to be a watermelon"


async def test_browser_reads_what_its_notification_shows(
    browser: SubscribedBrowser, webpush: WebPushChannel, desk: str, clock: StoppedClock
) -> None:
    receipt = await webpush.send_text(desk, NOTICE, metadata="part:1")
    (message,) = browser.received
    assert (receipt.message_id, receipt.accepted_at) == ("part:1", clock.now())
    text = message.value.pop("body")
    assert text.startswith("🚨 Fight · Front door")
    assert "two men fight" in text
    assert message.value == {
        "title": "Fight",
        "lang": "en",
        "tag": ALERT_ID,
        "timestamp": int(NOW.timestamp() * 1000),
        "requireInteraction": True,
        "image": f"{LINK}/snapshot.jpg",
        "actions": [
            {"action": "acknowledge", "title": "Acknowledge"},
            {"action": "dismiss", "title": "False alarm"},
        ],
        "data": {"alert_id": ALERT_ID, "kind": "rule_matched", "severity": "critical", "open_url": LINK},
    }


async def test_push_service_learns_how_long_how_urgent_and_who_we_are_and_nothing_of_the_alert(
    push: PushService, browser: SubscribedBrowser, webpush: WebPushChannel, desk: str
) -> None:
    await webpush.send_text(desk, NOTICE, metadata="part:1")
    await webpush.send_text(desk, Notice("another", CameraLost("Door", NOW, NOW, 1, 0, "", "UTC")), metadata="part:2")
    urgent, usual = browser.received
    assert (urgent.headers["ttl"], urgent.headers["urgency"], usual.headers["urgency"]) == (
        str(TTL_S),
        "high",
        "normal",
    )
    assert (urgent.headers["topic"], usual.headers["topic"]) == (ALERT_ID, "another")
    assert (urgent.claims["aud"], urgent.claims["sub"]) == (push.url, CONTACT)
    shown = str(urgent.headers).encode() + urgent.body
    assert not any(word in shown for word in (b"Fight", b"alerts.example", b"critical"))


async def test_newest_message_about_an_alert_is_the_one_that_waits_for_a_browser(
    browser: SubscribedBrowser, webpush: WebPushChannel, desk: str
) -> None:
    await webpush.send_text(desk, NOTICE, metadata="part:1")
    await webpush.send_text(desk, replace(NOTICE, happening=replace(FIGHT, caption="three")), metadata="part:2")
    (waiting,) = browser.waiting.values()
    assert "three" in waiting.value["body"]


async def test_what_asks_for_no_answer_or_has_no_link_offers_none(
    browser: SubscribedBrowser, webpush: WebPushChannel, desk: str
) -> None:

    await webpush.send_text(desk, Notice("a", Digest(2, (), "UTC"), LINK, language=Language.FRENCH), metadata="p:1")
    await webpush.send_text(desk, replace(NOTICE, open_url=None, language=Language.FRENCH), metadata="p:2")
    digest, unlinked = (message.value for message in browser.received)
    assert (digest["actions"], digest["lang"], "image" in digest) == ([], "fr", False)
    assert (unlinked["data"]["open_url"], "image" in unlinked) == (None, False)
    assert [each["title"] for each in unlinked["actions"]] == ["Je m’en occupe", "Fausse alerte"]


@pytest.mark.parametrize("letter", ["a", "é", "打", "🚨", '"', "\\", "\ud83d", "a "])
async def test_words_are_cut_so_that_a_push_service_takes_them(
    browser: SubscribedBrowser, webpush: WebPushChannel, desk: str, letter: str
) -> None:
    long = Notice(ALERT_ID, Written(letter * 5000, letter * 9000, Severity.INFO), LINK)
    await webpush.send_text(desk, long, metadata="part:1")
    (message,) = browser.received
    assert 3000 < len(message.body) <= MOST_BYTES
    assert message.value["body"].endswith("…")


@given(st.text(max_size=3000), st.text(max_size=6000))
def test_message_of_any_words_fits(title: str, text: str) -> None:
    assert len(write_message(Notice(ALERT_ID, Written(title, text, Severity.INFO), LINK))) <= MOST_BYTES - 103


async def test_alert_whose_links_alone_are_too_long_is_refused(webpush: WebPushChannel, desk: str) -> None:
    with pytest.raises(DeliveryRefused, match="INSTANTREACT_PUBLIC_URL"):
        await webpush.send_text(desk, replace(NOTICE, open_url="https://x.test/" + "a" * 4000), metadata="part:1")


@pytest.mark.parametrize(
    ("fault", "kind", "words", "retry_after_s"),
    [
        (PushFault(429, {"Retry-After": "7"}), DeliveryDeferred, "wait", 7.0),
        (PushFault(429), DeliveryDeferred, "wait", 60.0),
        (PushFault(500), DeliveryDeferred, "for the moment", None),
        (PushFault(503, {"Retry-After": "30"}), DeliveryDeferred, "for the moment", 30.0),
        (PushFault(413), DeliveryRefused, "too large", None),
        (PushFault(400, body="bad topic"), DeliveryRefused, "refuses", None),
        (PushFault(400, body='{"reason": "BadAuthorizationHeader"}'), ChannelBroken, "clock", None),
        (PushFault(401, body="JWT is expired"), ChannelBroken, "INSTANTREACT_WEBPUSH_CONTACT", None),
        (PushFault(403, body='{"reason": "BadJwtToken"}'), ChannelBroken, "clock", None),
        (PushFault(403, body='{"reason": "VapidPkHashMismatch"}'), RecipientUnreachable, "another key", None),
        (PushFault(401, body="VAPID public key mismatch"), RecipientUnreachable, "another key", None),
        (
            PushFault(403, body="the VAPID credentials do not correspond to those used to create the subscriptions."),
            RecipientUnreachable, "another key", None,
        ),
        (PushFault(307, {"Location": "https://10.0.0.1/"}), RecipientUnreachable, "another address", None),
    ],
)  # fmt: skip
async def test_webpush_raises_what_an_answer_asks_for_and_succeeds_the_next_time(
    push: PushService,
    browser: SubscribedBrowser,
    webpush: WebPushChannel,
    desk: str,
    fault: PushFault,
    kind: type[DeliveryError],
    words: str,
    retry_after_s: float | None,
) -> None:
    push.script(fault)
    with pytest.raises(DeliveryError, match=words) as caught:
        await webpush.send_text(desk, NOTICE, metadata="part:1")
    assert type(caught.value) is kind
    if isinstance(caught.value, DeliveryDeferred):
        assert caught.value.retry_after_s == retry_after_s
    await webpush.send_text(desk, NOTICE, metadata="part:1")
    assert (push.calls, len(browser.received)) == (2, 1)


@pytest.mark.parametrize("status", [404, 410])
async def test_browser_that_is_gone_is_forgotten_and_its_service_not_asked_again(
    push: PushService, webpush: WebPushChannel, desk: str, status: int
) -> None:
    push.script(PushFault(status))
    with pytest.raises(RecipientUnreachable, match="registered there again"):
        await webpush.send_text(desk, NOTICE, metadata="part:1")
    with pytest.raises(RecipientUnreachable, match="No browser"):
        await webpush.send_text(desk, NOTICE, metadata="part:2")
    assert push.calls == 1


async def test_browser_that_took_its_yes_back_is_gone(
    push: PushService, browser: SubscribedBrowser, webpush: WebPushChannel, desk: str
) -> None:
    push.unsubscribe(browser)
    with pytest.raises(RecipientUnreachable, match="not told any more"):
        await webpush.send_text(desk, NOTICE, metadata="part:1")


async def test_browser_that_knows_us_under_a_lost_key_is_unreachable_and_breaks_nothing(
    push: PushService, browser: SubscribedBrowser, webpush: WebPushChannel, safe: OpenSafe, desk: str
) -> None:
    stranger = push.subscribe(encode(point_of(ec.generate_private_key(ec.SECP256R1()))))
    with pytest.raises(RecipientUnreachable, match="another key"):
        await webpush.send_text(safe.add(stranger), NOTICE, metadata="part:1")
    await webpush.send_text(desk, NOTICE, metadata="part:2")
    assert (len(browser.received), len(stranger.received)) == (1, 0)


@pytest.mark.parametrize("off", [timedelta(days=2), timedelta(days=-2)])
async def test_wrong_clock_breaks_the_channel_which_says_so(
    push: PushService, webpush: WebPushChannel, desk: str, clock: StoppedClock, off: timedelta
) -> None:
    clock.advance(off.total_seconds())
    with pytest.raises(ChannelBroken, match="this machine's clock"):
        await webpush.send_text(desk, NOTICE, metadata="part:1")
    assert push.refused == ["BadJwtToken: exp"]


async def test_webpush_is_deferred_in_doubt_when_there_is_no_answer(
    push: PushService, browser: SubscribedBrowser, safe: OpenSafe, desk: str, clock: StoppedClock
) -> None:
    channel = WebPushChannel(WebPushPolicy(CONTACT, timeout_s=0.4), safe, clock=clock)
    push.script(PushFault(0))
    with pytest.raises(DeliveryDeferred) as caught:
        await channel.send_text(desk, NOTICE, metadata="part:1")
    await channel.close()
    assert caught.value.ambiguous


async def test_push_services_inside_are_not_called_where_that_is_forbidden_and_own_ports_never(
    push: PushService, browser: SubscribedBrowser, safe: OpenSafe, desk: str, clock: StoppedClock
) -> None:
    for hosts in (HostPolicy(allow_private=False), HostPolicy(own_ports=lambda: frozenset({push.port}))):
        channel = WebPushChannel(WebPushPolicy(CONTACT, hosts), safe, clock=clock)
        with pytest.raises(RecipientUnreachable, match="must not be called"):
            await channel.send_text(desk, NOTICE, metadata="part:1")
        await channel.close()
    assert push.calls == 0


async def test_push_service_whose_certificate_nobody_vouches_for_is_told_nothing(
    push: PushService, browser: SubscribedBrowser, safe: OpenSafe, desk: str, clock: StoppedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.delenv("SSL_CERT_FILE")
    channel = WebPushChannel(WebPushPolicy(CONTACT), safe, clock=clock)
    with pytest.raises(DeliveryDeferred, match="CERTIFICATE_VERIFY_FAILED"):
        await channel.send_text(desk, NOTICE, metadata="part:1")
    await channel.close()
    assert push.calls == 0


async def test_endpoint_and_keys_stand_in_no_log_no_error_and_no_repr(
    push: PushService, browser: SubscribedBrowser, webpush: WebPushChannel, desk: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    push.script(PushFault(400), PushFault(410))
    errors = []
    for part in ("part:1", "part:2"):
        with pytest.raises(DeliveryError) as caught:
            await webpush.send_text(desk, NOTICE, metadata=part)
        errors.append(str(caught.value))
    shown = f"{caplog.text} {errors} {subscription_of(browser)!r}"
    given = browser.to_json()
    for hidden in (given["endpoint"].rpartition("/")[2], *given["keys"].values()):
        assert hidden not in shown


def test_subscription_is_kept_as_it_was_given() -> None:
    given = PushSubscription("https://push.example.net/a", encode(b"\x04" * 65), encode(b"a" * 16))
    assert read_subscription(write_subscription(given)) == given
    assert find_address_fault(given.name) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"endpoint": "http://push.example.net/a"}, "https"),
        ({"endpoint": "https://ana:secret@push.example.net/a"}, "https"),
        ({"endpoint": "https://push.example.net/" + "a" * 2000}, "https"),
        ({"p256dh": encode(b"\x04" + b"\x01" * 64)}, "P-256"),
        ({"p256dh": "é"}, "P-256"),
        ({"auth": encode(b"short")}, "16 bytes"),
        ({"auth": "a"}, "P-256|16 bytes"),
    ],
)
def test_subscription_that_no_browser_gives_is_refused(change: dict[str, str], words: str) -> None:
    key = encode(point_of(ec.generate_private_key(ec.SECP256R1())))
    good = PushSubscription("https://push.example.net/a", key, encode(b"a" * 16))
    good.check()
    with pytest.raises(InvalidInput, match=words):
        replace(good, **change).check()


async def test_key_is_made_once_however_many_ask(safe: OpenSafe) -> None:
    keys = await asyncio.gather(*(load_key(safe) for _ in range(3)))
    assert len({write_public(key) for key in keys}) == 1
    assert len(decode(write_public(keys[0]))) == 65


async def test_secrets_that_cannot_be_opened_break_the_channel(
    safe: OpenSafe, desk: str, webpush: WebPushChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(name: str) -> str | None:
        raise Misconfigured("It was encrypted with another secret key.")

    monkeypatch.setattr(safe, "find", refuse)
    with pytest.raises(ChannelBroken, match="another secret key"):
        await webpush.send_text(desk, NOTICE, metadata="part:1")


def test_same_message_never_looks_the_same(browser: SubscribedBrowser) -> None:
    first, second = (encrypt(b"{}", subscription_of(browser)) for _ in range(2))
    assert first != second
    assert first[21:86] != second[21:86]


async def test_open_needs_somebody_to_write_to(clock: StoppedClock) -> None:
    assert open_webpush(Settings(), ChannelTools(clock)).sender is None
    sender = open_webpush(Settings(webpush_contact=CONTACT), ChannelTools(clock)).sender
    assert sender is not None
    assert CONTACT in await sender.check()
    await sender.close()


@pytest.mark.parametrize("contact", ["alerts@example.com", "mailto:root@localhost", "http://example.com", "https://a"])
def test_contact_that_push_services_would_refuse_is_refused_at_the_start(contact: str) -> None:
    with pytest.raises(ValueError, match="webpush_contact"):
        Settings(webpush_contact=contact)


@pytest.mark.parametrize("happening", [FIGHT, Written("a", "b", Severity.INFO)])
def test_message_is_json_whatever_happened(happening: Happening) -> None:
    assert write_message(Notice(ALERT_ID, happening)).startswith(b"{")


@given(st.text(max_size=40))
def test_find_address_fault_takes_any_text(address: str) -> None:
    fault = find_address_fault(address)
    assert fault is None or "\n" not in fault
