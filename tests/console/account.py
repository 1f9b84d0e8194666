"""What people do about themselves: their second factor, their sessions."""

from datetime import UTC, datetime, timedelta

import pyotp
from playwright.sync_api import expect

from instantreact.domain.user import Role
from tests.console.conftest import PASSWORD, House, Visiting, check_page


def test_second_factor_is_set_up_in_the_page_and_asked_for_when_the_password_is_right(
    house: House, visit: Visiting
) -> None:
    house.make_user("Careful", Role.OPERATOR)
    visiting = visit(None)
    visiting.sign_in("Careful")
    page = visiting.open("/console/account")
    expect(page.get_by_text("this browser", exact=False).first).to_be_visible()
    check_page(page)
    factor = page.locator("section").filter(has=page.get_by_role("heading", name="Second factor"))
    factor.get_by_role("textbox", name="Password so far").fill(PASSWORD)
    factor.get_by_role("button", name="Set up an app").click()
    expect(factor.get_by_role("img", name="QR code for the app")).to_be_visible()
    totp, now = pyotp.TOTP(factor.locator("code").inner_text()), datetime.now(UTC)
    factor.get_by_label("Code of your app").fill(totp.at(now - timedelta(seconds=30)))
    factor.get_by_role("button", name="Confirm with a code").click()
    expect(factor.get_by_text("Keep these recovery codes")).to_be_visible()
    check_page(page)

    page = visit(None).open("/console/sign-in")
    page.get_by_label("Name").fill("Careful")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Code of your app").fill(totp.at(now))
    check_page(page)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Alerts")).to_be_visible()
