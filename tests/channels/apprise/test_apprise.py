import base64
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.channels.apprise.channel import AppriseChannel
from instantreact.channels.apprise.reasons import hide_parts
from instantreact.channels.apprise.setup import find_address_fault, open_apprise
from instantreact.config import Settings
from instantreact.domain.alert import Picture
from instantreact.domain.happening import Notice, RuleMatched, Written
from instantreact.domain.rule import Evidence, Severity
from instantreact.errors import DeliveryDeferred, DeliveryError, DeliveryRefused, Misconfigured, RecipientUnreachable
from instantreact.logs import configure_logs
from tests.conftest import StoppedClock
from tests.servers.mail import PASSWORD, MailServer
from tests.servers.notified import TOKEN, NotifiedServer
from tests.storage.factories import NOW

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40 + b"\xff\xd9"
FIGHT = RuleMatched(
    "Fight & flight", "Front door", "two men <fight>", (Evidence("concept", "fight", 0.9, "fight", 1.0, 2.0),), NOW,
    "UTC", Severity.CRITICAL,
)  # fmt: skip
OPEN = "https://x.test/open/1/s"


def make_notice(picture: Picture | None = None) -> Notice:
    return Notice("0" * 32, FIGHT, OPEN, picture)


async def test_mail_has_words_link_and_picture(mail: MailServer, apprise: AppriseChannel, clock: StoppedClock) -> None:
    receipt = await apprise.send_text("office", make_notice(Picture(JPEG)), metadata="part:1")
    (message,) = mail.received
    assert (receipt.message_id, receipt.accepted_at) == ("part:1", clock.now())
    assert (message["subject"], message["to"]) == ("Fight & flight", "guard@example.test")
    assert "house@example.test" in message["from"]
    words = message.get_body(("plain",)) or message.get_body(("html",))
    assert words is not None
    for each in ("two men", "Front door", OPEN):
        assert each in words.get_content()
    (picture,) = [part for part in message.walk() if part.get_content_type() == "image/jpeg"]
    assert (picture.get_filename(), picture.get_payload(decode=True)) == ("snapshot.jpg", JPEG)


async def test_service_gets_words_severity_and_picture_in_one_message(
    notified: NotifiedServer, apprise: AppriseChannel
) -> None:
    await apprise.send_text("desk", make_notice(Picture(JPEG)), metadata="part:1")
    (message,) = notified.received
    assert (message["title"], message["type"]) == ("Fight & flight", "failure")
    assert message["message"].startswith("🚨 Fight & flight · Front door\n")
    assert message["message"].endswith(f"\nOpen: {OPEN}")
    (picture,) = message["attachments"]
    assert (picture["filename"], picture["mimetype"]) == ("snapshot.jpg", "image/jpeg")
    assert base64.b64decode(picture["base64"]) == JPEG


async def test_service_gets_the_words_where_there_is_no_picture(
    notified: NotifiedServer, apprise: AppriseChannel
) -> None:
    await apprise.send_text("desk", make_notice(), metadata="part:1")
    assert not notified.received[0].get("attachments")


async def test_service_gets_no_more_than_it_takes(notified: NotifiedServer, clock: StoppedClock) -> None:
    long = Notice("1", Written("t" * 999, "word 🔥 " * 9000, Severity.INFO), OPEN)
    channel = AppriseChannel({"desk": notified.address()}, clock=clock)
    await channel.send_text("desk", long, metadata="part:1")
    await channel.close()
    (message,) = notified.received
    assert (len(message["title"]), message["message"][-len(OPEN) :]) == (250, OPEN)
    assert len(message["message"]) <= 32768


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, DeliveryRefused), (401, RecipientUnreachable), (404, RecipientUnreachable), (413, DeliveryRefused),
        (429, DeliveryDeferred), (500, DeliveryDeferred), (503, DeliveryDeferred),
    ],
)  # fmt: skip
async def test_apprise_raises_what_a_status_asks_for_and_succeeds_the_next_time(
    notified: NotifiedServer, apprise: AppriseChannel, status: int, kind: type[DeliveryError]
) -> None:
    notified.script(status)
    with pytest.raises(DeliveryError, match=rf"^JSON \(desk\) .*{status}") as caught:
        await apprise.send_text("desk", make_notice(), metadata="part:1")
    assert type(caught.value) is kind
    await apprise.send_text("desk", make_notice(), metadata="part:1")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("451 4.3.0 try later", DeliveryDeferred),
        ("552 5.3.4 too large", DeliveryRefused),
        ("554 5.7.1 looks like spam", DeliveryRefused),
        ("550 5.7.1 not from you", RecipientUnreachable),
    ],
)
async def test_apprise_tells_what_a_mail_server_answered(
    mail: MailServer, apprise: AppriseChannel, reply: str, kind: type[DeliveryError]
) -> None:
    mail.script(reply)
    with pytest.raises(DeliveryError, match=reply[4:]) as caught:
        await apprise.send_text("office", make_notice(), metadata="part:1")
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("changes", "words"), [({"password": "wrong-password"}, "535"), ({"to": "guard@elsewhere.test"}, "550")]
)
async def test_apprise_tells_that_a_mail_server_lets_nobody_in_or_knows_no_such_box(
    mail: MailServer, clock: StoppedClock, changes: dict[str, str], words: str
) -> None:
    channel = AppriseChannel({"office": mail.address(**changes)}, clock=clock)
    with pytest.raises(RecipientUnreachable, match=words) as caught:
        await channel.send_text("office", make_notice(), metadata="part:1")
    await channel.close()
    assert not any(value in str(caught.value) for value in changes.values())


async def test_apprise_is_deferred_when_nothing_listens_and_when_nothing_answers(
    notified: NotifiedServer, clock: StoppedClock
) -> None:
    notified.delay_s = 1.0
    slow = AppriseChannel({"desk": notified.address(), "none": "json://127.0.0.1:9/x"}, clock=clock, timeout_s=0.3)
    with pytest.raises(DeliveryDeferred, match="took nothing"):
        await slow.send_text("none", make_notice(), metadata="part:1")
    with pytest.raises(DeliveryDeferred, match="may have acted") as caught:
        await slow.send_text("desk", make_notice(), metadata="part:1")
    await slow.close()
    assert caught.value.ambiguous


async def test_apprise_tells_which_names_there_are_for_one_that_is_none(apprise: AppriseChannel) -> None:
    with pytest.raises(RecipientUnreachable, match="has no boss; it has office, desk"):
        await apprise.send_text("boss", make_notice(), metadata="part:1")


async def test_check_names_addresses_and_services(apprise: AppriseChannel) -> None:
    assert await apprise.check() == "Apprise knows office (E-Mail), desk (JSON)"


@pytest.mark.parametrize("status", [200, 401, 500])
async def test_apprise_shows_no_part_of_an_address_in_log_or_error(
    notified: NotifiedServer, apprise: AppriseChannel, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    configure_logs(level="debug")
    if status != 200:
        notified.script(status)
    shown = [repr(apprise)]
    for name in ("desk", "office", "desk"):
        try:
            await apprise.send_text(name, make_notice(), metadata="part:1")
        except DeliveryError as error:
            shown.append(str(error))
    said = "\n".join([*shown, capsys.readouterr().err])
    assert not any(secret in said for secret in (TOKEN, PASSWORD))


def test_hide_parts_hides_what_is_escaped_too() -> None:
    said = hide_parts(
        "login of ana@x.test with p@ss word failed at HOST.test", "mailto://ana%40x.test:p%40ss%20word@host.test"
    )
    assert "x.test" not in said
    assert "word" not in said
    assert "host" not in said.lower()


@pytest.mark.parametrize(
    ("urls", "words"),
    [
        ("office", "entry 1"),
        ("a=json://h/x Boss=json://h/hidden", "entry 2"),
        ("=json://h/hidden", "entry 1"),
        ("a=hidden", "entry 1"),
        ("a=json://h/hidden a=json://h/y", "a twice"),
        ("a=nosuch://hidden", "behind a="),
    ],
)
def test_open_says_which_address_is_wrong_and_never_what_it_is(clock: StoppedClock, urls: str, words: str) -> None:
    with pytest.raises(Misconfigured, match=words) as caught:
        open_apprise(Settings(apprise_urls=urls), clock)
    assert "hidden" not in str(caught.value)


def test_open_says_what_to_install_where_apprise_is_missing(
    clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "instantreact.channels.apprise.channel")
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(Misconfigured, match=r"pip install 'instantreact\[apprise\]'"):
        open_apprise(Settings(apprise_urls="a=json://h/x"), clock)


def test_open_sends_nothing_where_nothing_is_set(clock: StoppedClock) -> None:
    assert open_apprise(Settings(), clock).sender is None


@given(st.text(max_size=80))
def test_find_address_fault_takes_any_text(address: str) -> None:
    fault = find_address_fault(address)
    assert fault is None or ("\n" not in fault and "APPRISE_URLS" in fault)
