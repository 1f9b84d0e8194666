"""Signing in, and what holds for every page."""

import re

from playwright.sync_api import Request, expect

from instantreact.domain.user import Role
from tests.console.conftest import PASSWORD, PHONE, House, Visiting, check_page


def test_wrong_password_is_said_in_words_and_the_right_one_leads_where_one_wanted_to_go(
    house: House, visit: Visiting
) -> None:
    house.make_user("operator", Role.OPERATOR)
    visiting = visit(None, PHONE, locale="fr-FR")
    page = visiting.open("/console/alerts?state=raised")
    check_page(page)
    elsewhere = page.get_by_role("link", name="Se connecter avec votre organisation")
    expect(elsewhere).to_have_attribute("href", "/session/oidc?next=%2Fconsole%2Falerts%3Fstate%3Draised")
    page.get_by_label("Nom").fill("operator")
    page.get_by_role("textbox", name="Mot de passe").fill("not theirs")
    page.get_by_role("button", name="Se connecter", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("la saisie est fausse")
    page.get_by_role("textbox", name="Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()

    expect(page).to_have_url(re.compile(r"/console/alerts\?state=raised$"))
    expect(page.get_by_role("heading", name="Alertes")).to_be_visible()
    check_page(page)


def test_tabs_share_one_stream_and_a_session_that_ends_leads_to_the_sign_in_in_each(visit: Visiting) -> None:
    visiting = visit()
    streams: list[Request] = []
    visiting.context.on("request", lambda each: streams.append(each) if each.url.endswith("/stream") else None)
    first, second = visiting.open(), visiting.open()
    expect(second.get_by_role("heading", name="Alerts")).to_be_visible()
    if not streams:
        visiting.context.wait_for_event("request", lambda each: each.url.endswith("/stream"))
    assert len(streams) == 1
    first.get_by_role("button", name="Account of Ana").click()
    first.get_by_role("menuitem", name="Sign out").click()

    expect(first).to_have_url(re.compile("/console/sign-in"))
    expect(second).to_have_url(re.compile("/console/sign-in"))


def test_page_that_says_so_comes_where_the_service_cannot_be_reached(visit: Visiting) -> None:
    visiting = visit(None)
    visiting.may_lose_connection = True
    page = visiting.open("/console/sign-in")
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    visiting.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", name="The service cannot be reached")).to_be_visible()
    check_page(page)
    visiting.context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
