"""`instantreact messenger` as a process, against the stand-in for Graph."""

from pathlib import Path

from instantreact_demo.graph import FakeGraph
from tests.cli.test_commands import run


def page_settings(graph: FakeGraph) -> dict[str, str]:
    page = graph.page
    return {
        "messenger_page_id": page.page_id,
        "messenger_page_token": page.access_token,
        "messenger_app_secret": str(page.app_secret),
        "messenger_verify_token": "agreed-upon",
        "graph_url": graph.url,
    }


def test_connect_sets_up_the_page_and_says_what_is_missing(tmp_path: Path) -> None:
    with FakeGraph() as graph:
        ran = run("messenger", "connect", cwd=tmp_path, **page_settings(graph))

        assert ran.returncode == 1, ran.stderr
        assert "ok  page: Fake Page (1000)" in ran.stdout
        assert "!!  webhook: INSTANTREACT_PUBLIC_URL is not set" in ran.stdout
        assert "ok  fields: the Page sends 9 kinds of events" in ran.stdout
        assert "ok  profile: get_started, greeting, persistent_menu are set" in ran.stdout
        assert graph.profile["get_started"]


def test_connect_says_what_to_set_where_nothing_is(tmp_path: Path) -> None:
    ran = run("messenger", "connect", cwd=tmp_path)

    assert ran.returncode == 1
    assert "set INSTANTREACT_MESSENGER_PAGE_ID to the number of your Facebook Page" in ran.stderr


def test_invite_prints_what_opens_it(tmp_path: Path) -> None:
    with FakeGraph() as graph:
        settings = page_settings(graph)
        early = run("messenger", "invite", "Ana", cwd=tmp_path, **settings)
        run("migrate", cwd=tmp_path)
        ran = run("messenger", "invite", "Ana", "--days", "1", cwd=tmp_path, **settings)

    assert "`instantreact serve` or `migrate`" in early.stderr
    assert ran.returncode == 0, ran.stderr
    assert "https://m.me/1000?ref=" in ran.stdout
    assert "to the Page or bot within 15 minutes" in ran.stdout
