import base64
import logging
import socket
import ssl
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from instantreact.channels.webhook.channel import WebhookChannel, WebhookPolicy
from instantreact.channels.webhook.setup import find_address_fault, open_webhook
from instantreact.config import Settings
from instantreact.domain.alert import Picture
from instantreact.domain.happening import CameraLost, ChannelFailing, Happening, Notice, RuleMatched, Written
from instantreact.domain.rule import Evidence, Severity
from instantreact.errors import (
    DeliveryDeferred,
    DeliveryError,
    DeliveryRefused,
    Misconfigured,
    RecipientUnreachable,
)
from instantreact.hosts import HostPolicy
from tests.channels.webhook.conftest import key_of
from tests.conftest import StoppedClock
from tests.servers.webhooks import OLD_SECRET, SECRET, Fault, HookReceiver
from tests.storage.factories import NOW

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40 + b"\xff\xd9"
ALERT_ID = "0" * 32
FIGHT = RuleMatched(
    "Fight", "Front door", "two men fight", (Evidence("concept", "fight", 0.9, "fight", 1.0, 2.0),), NOW, "UTC",
    Severity.CRITICAL,
)  # fmt: skip


def make_notice(happening: Happening = FIGHT, open_url: str | None = None) -> Notice:
    return Notice(ALERT_ID, happening, open_url)


async def test_webhook_tells_what_happened_in_words_and_as_values(
    receiver: HookReceiver, hooks: WebhookChannel, clock: StoppedClock
) -> None:
    receipt = await hooks.send_text(receiver.url, make_notice(open_url="https://x.test/open/1/s"), metadata="part:1")
    (call,) = receiver.received
    data = call.value["data"]
    assert (receipt.message_id, receipt.accepted_at) == ("part:1", clock.now())
    assert (call.path, call.webhook_id, call.headers["content-type"]) == ("/alerts", "part:1", "application/json")
    assert (call.value["type"], call.value["timestamp"]) == ("alert.raised", "2026-11-22T12:00:00Z")
    assert (data["alert_id"], data["title"], data["severity"]) == (ALERT_ID, "Fight", "critical")
    assert "two men fight" in data["text"]
    assert data["open_url"] == "https://x.test/open/1/s"
    assert data["happening"]["kind"] == "rule_matched"
    assert data["happening"]["evidence"][0] == {
        "kind": "concept", "what": "fight", "score": 0.9, "quote": "fight", "start_s": 1.0, "end_s": 2.0,
        "count": None, "zone": None, "for_s": None, "way": None,
    }  # fmt: skip


async def test_webhook_brings_the_picture_or_a_link_to_it(receiver: HookReceiver, hooks: WebhookChannel) -> None:
    await hooks.send_picture(receiver.url, make_notice(), Picture(JPEG), metadata="part:2")
    await hooks.send_picture(receiver.url, make_notice(open_url="https://x.test/a"), Picture(JPEG), metadata="part:3")
    inside, linked = (call.value["data"]["picture"] for call in receiver.received)
    assert base64.b64decode(inside.pop("base64")) == JPEG
    assert inside == {"media_type": "image/jpeg", "filename": "snapshot.jpg"}
    assert linked == inside | {"url": "https://x.test/a/snapshot.jpg"}


@pytest.mark.parametrize("known", [SECRET, OLD_SECRET])
async def test_webhook_is_verified_with_either_secret_while_one_replaces_another(
    receiver: HookReceiver, clock: StoppedClock, known: str
) -> None:
    receiver.secret = known
    channel = WebhookChannel(WebhookPolicy([key_of(SECRET), key_of(OLD_SECRET)]), clock=clock)
    await channel.send_text(receiver.url, make_notice(), metadata="part:1")
    await channel.close()
    assert len(receiver.received) == 1


async def test_webhook_is_refused_by_a_receiver_with_another_secret(
    receiver: HookReceiver, hooks: WebhookChannel
) -> None:
    receiver.secret = OLD_SECRET
    with pytest.raises(DeliveryRefused, match="INSTANTREACT_WEBHOOK_SECRET"):
        await hooks.send_text(receiver.url, make_notice(), metadata="part:1")


async def test_call_whose_answer_was_lost_has_the_same_id_and_body_when_it_is_repeated(
    receiver: HookReceiver, hooks: WebhookChannel, clock: StoppedClock
) -> None:
    receiver.script(Fault(500, accepted=True))
    with pytest.raises(DeliveryDeferred):
        await hooks.send_text(receiver.url, make_notice(), metadata="part:1")
    clock.advance(90)
    await hooks.send_text(receiver.url, make_notice(), metadata="part:1")
    assert (len(receiver.received), receiver.repeated) == (1, ["part:1"])


@pytest.mark.parametrize(
    ("fault", "kind", "words", "retry_after_s"),
    [
        (Fault(410), RecipientUnreachable, "no more calls", None),
        (Fault(302, {"Location": "/else"}), RecipientUnreachable, "another address", None),
        (Fault(400), DeliveryRefused, "refuses", None),
        (Fault(404), DeliveryRefused, "address right", None),
        (Fault(413), DeliveryRefused, "refuses", None),
        (Fault(429, {"Retry-After": "7"}), DeliveryDeferred, "wait", 7.0),
        (Fault(429), DeliveryDeferred, "wait", 60.0),
        (Fault(408), DeliveryDeferred, "wait", 60.0),
        (Fault(503, {"Retry-After": "9" * 40}), DeliveryDeferred, "for the moment", 3600.0),
        (Fault(503, {"Retry-After": "soon"}), DeliveryDeferred, "for the moment", None),
        (Fault(503, {"Retry-After": "-5"}), DeliveryDeferred, "for the moment", None),
        (Fault(500), DeliveryDeferred, "for the moment", None),
    ],
)
async def test_webhook_raises_what_an_answer_asks_for_and_succeeds_the_next_time(
    receiver: HookReceiver,
    hooks: WebhookChannel,
    fault: Fault,
    kind: type[DeliveryError],
    words: str,
    retry_after_s: float | None,
) -> None:
    receiver.script(fault)
    with pytest.raises(DeliveryError, match=words) as caught:
        await hooks.send_text(receiver.url, make_notice(), metadata="part:1")
    assert type(caught.value) is kind
    if isinstance(caught.value, DeliveryDeferred):
        assert caught.value.retry_after_s == retry_after_s
    assert receiver.calls == 1
    await hooks.send_text(receiver.url, make_notice(), metadata="part:1")


async def test_retry_after_may_be_a_moment(receiver: HookReceiver, hooks: WebhookChannel, clock: StoppedClock) -> None:
    moment = clock.now().replace(microsecond=0) + timedelta(minutes=2)
    receiver.script(Fault(503, {"Retry-After": moment.strftime("%a, %d %b %Y %H:%M:%S GMT")}))
    with pytest.raises(DeliveryDeferred) as caught:
        await hooks.send_text(receiver.url, make_notice(), metadata="part:1")
    assert 118 < (caught.value.retry_after_s or 0) <= 120


async def test_webhook_is_deferred_in_doubt_when_there_is_no_answer(
    receiver: HookReceiver, clock: StoppedClock
) -> None:
    channel = WebhookChannel(WebhookPolicy([key_of(SECRET)], timeout_s=0.3), clock=clock)
    receiver.script(Fault(0))
    with pytest.raises(DeliveryDeferred) as caught:
        await channel.send_text(receiver.url, make_notice(), metadata="part:1")
    await channel.close()
    assert caught.value.ambiguous


async def test_webhook_is_deferred_without_doubt_when_nothing_listens_or_the_name_is_unknown(
    hooks: WebhookChannel,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for address in (f"http://127.0.0.1:{port}/", "https://no-such-receiver.invalid/"):
        with pytest.raises(DeliveryDeferred) as caught:
            await hooks.send_text(address, make_notice(), metadata="part:1")
        assert not caught.value.ambiguous


async def test_webhook_to_the_service_itself_is_never_called(receiver: HookReceiver, clock: StoppedClock) -> None:
    hosts = HostPolicy(own_ports=lambda: frozenset({receiver.port}))
    channel = WebhookChannel(WebhookPolicy([key_of(SECRET)], hosts), clock=clock)
    for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0x7f.1"):
        with pytest.raises(RecipientUnreachable, match="port of the service"):
            await channel.send_text(f"http://{host}:{receiver.port}/alerts", make_notice(), metadata="part:1")
    await channel.close()
    assert receiver.calls == 0


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://169.254.169.254/latest/meta-data", "metadata"),
        ("http://[fe80::1]/", "Link-local"),
        ("http://93.184.215.14/", "begins with http"),
        ("http://[::::]/", "none|no address"),
    ],
)
async def test_webhook_is_not_called_where_no_receiver_is_meant(
    hooks: WebhookChannel, address: str, words: str
) -> None:
    with pytest.raises(RecipientUnreachable, match=words):
        await hooks.send_text(address, make_notice(), metadata="part:1")


async def test_webhook_on_a_private_network_is_not_called_where_that_is_forbidden(
    receiver: HookReceiver, clock: StoppedClock
) -> None:
    channel = WebhookChannel(WebhookPolicy([key_of(SECRET)], HostPolicy(allow_private=False)), clock=clock)
    with pytest.raises(RecipientUnreachable, match="private"):
        await channel.send_text(receiver.url, make_notice(), metadata="part:1")
    await channel.close()


async def test_webhook_by_a_name_is_called_at_the_judged_address_under_its_name(
    receiver: HookReceiver, hooks: WebhookChannel
) -> None:
    await hooks.send_text(f"http://localhost:{receiver.port}/a?b=c", make_notice(), metadata="part:1")
    (call,) = receiver.received
    assert (call.path, call.headers["host"]) == ("/a?b=c", f"localhost:{receiver.port}")


@pytest.mark.parametrize(("name", "is_called"), [("localhost", True), ("desk.example", False)])
async def test_webhook_over_https_is_called_where_the_certificate_bears_its_name(
    clock: StoppedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_called: bool
) -> None:
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(tls)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    channel = WebhookChannel(WebhookPolicy([key_of(SECRET)]), clock=clock)
    with HookReceiver(tls=tls) as receiver:
        refused = pytest.raises(DeliveryDeferred, match="CERTIFICATE_VERIFY_FAILED")
        with nullcontext() if is_called else refused:
            await channel.send_text(f"https://localhost:{receiver.port}/", make_notice(), metadata="part:1")
        assert len(receiver.received) == is_called
    await channel.close()


@pytest.mark.parametrize(
    "happening",
    [
        CameraLost("Door", NOW, NOW, 60.0, 0.0, "It is off.", "UTC"),
        ChannelFailing("messenger", NOW, "The token expired.", "UTC"),
        Written("Fight", "half a pair \ud83d and a bell \x07", Severity.INFO),
    ],
)
async def test_webhook_tells_every_happening(
    receiver: HookReceiver, hooks: WebhookChannel, happening: Happening
) -> None:
    await hooks.send_text(receiver.url, make_notice(happening), metadata="part:1")
    assert receiver.received[0].value["data"]["happening"]["kind"] == happening.kind


async def test_webhook_shows_secret_path_and_query_in_no_log_and_no_error(
    receiver: HookReceiver, hooks: WebhookChannel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    receiver.script(Fault(404))
    with pytest.raises(DeliveryRefused) as caught:
        await hooks.send_text(f"{receiver.url}/hidden?key=hidden", make_notice(), metadata="part:1")
    shown = f"{caplog.text} {caught.value} {WebhookPolicy([key_of(SECRET)])!r}"
    assert "hidden" not in shown
    assert repr(key_of(SECRET)) not in shown


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com",
        "http://10.0.0.2:8080/a?b=c",
        "https://[fd00::1]/x",
        "http://my_service:1",
        "http://a/" + "b" * 900,
    ],
)
def test_address_may_be_one_of_http(address: str) -> None:
    assert find_address_fault(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "example.com",
        "ftp://a/",
        "https://",
        "https://ana:secret@a/",
        "https://a/#b",
        "https://a:0/",
        "https://a:65536/",
        "https://a b/",
        "https://ä/",
        "HTTPS://a/\n",
    ],
)
def test_address_that_cannot_be_called_says_what_to_give(address: str) -> None:
    assert "https://example.com" in (find_address_fault(address) or "")


@pytest.mark.parametrize(
    "secret", ["whsec_", "whsec_c2hvcnQ=", SECRET.removeprefix("whsec_"), f"{SECRET} another", "whsec_" + "A" * 200]
)
def test_open_says_what_a_secret_is_and_never_its_value(clock: StoppedClock, secret: str) -> None:
    with pytest.raises(Misconfigured, match="openssl rand") as caught:
        open_webhook(Settings(webhook_secret=secret), clock, HostPolicy())
    assert not any(word in str(caught.value) for word in secret.replace("whsec_", "").split())


async def test_open_counts_the_secrets_and_sends_nothing_without_one(clock: StoppedClock) -> None:
    for secret, line in ((SECRET, "calls are signed"), (f"{SECRET}  {OLD_SECRET}", "calls are signed with 2 secrets")):
        sender = open_webhook(Settings(webhook_secret=secret), clock, HostPolicy()).sender
        assert sender is not None
        assert await sender.check() == line
        await sender.close()
    ends = open_webhook(Settings(), clock, HostPolicy())
    assert (ends.sender, ends.receiver) == (None, None)


@given(st.text(max_size=40) | st.from_regex(r"https?://.{0,30}"))
def test_find_address_fault_takes_any_text(address: str) -> None:
    fault = find_address_fault(address)
    assert fault is None or "\n" not in fault
