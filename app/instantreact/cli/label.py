"""`instantreact label`: clips of one's own cameras get captions, for training."""

import asyncio
import getpass
import shlex
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from instantreact.cli.audit import FORMATS, record, to_utc
from instantreact.cli.services import services_of
from instantreact.cli.settings import StateDir, read_settings
from instantreact.config import Settings
from instantreact.domain.alert import AlertState
from instantreact.domain.audit import AuditAction
from instantreact.errors import InvalidInput, Misconfigured
from instantreact.labelling.sources import FolderSource, FootageKind, SceneSplit
from instantreact.progress import progress

if TYPE_CHECKING:
    from instantreact.labelling.collect import CollectOptions, CollectReport
    from instantreact.labelling.folder import LabelFolder
    from instantreact.labelling.remote import StoredFilter
    from instantreact.labelling.review import Review
    from instantreact.labelling.sources import ClipSource
    from instantreact.labelling.suggest import SuggestReport
    from instantreact.vision.endpoint import VisionAccount

app = typer.Typer(
    no_args_is_help=True,
    help="Make a training set of your own cameras' clips, in four steps: `collect` clips into a folder, have a "
    "vision-language model `suggest` captions (or write them all yourself), `review` them in the terminal or the "
    "browser, `check` what training will make of it. Each step goes on where it stopped, and none overwrites what "
    "people wrote. docs/label.md goes through it.",
)


Folder = Annotated[Path, typer.Argument(help="The folder of the training set.", file_okay=False)]
_Recipe = Annotated[
    Path | None,
    typer.Option("--config", help="Training recipe; by default the shipped one.", exists=True, dir_okay=False),
]
_Weights = Annotated[Path | None, typer.Option("--backbone-weights", help="What the command for training shall name.")]


@app.command()
def collect(
    folder: Folder,
    clips: Annotated[
        Path | None,
        typer.Option(
            "--clips", help="A folder of clips: each camera's in a folder of its own.", exists=True, file_okay=False
        ),
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(
            "--server", help="A running service, such as http://127.0.0.1:8000; INSTANTREACT_API_KEY is shown."
        ),
    ] = None,
    stored: Annotated[
        FootageKind, typer.Option("--stored", help="Of a service: what alerts show, or what was sent.")
    ] = FootageKind.ALERTS,
    camera: Annotated[list[str] | None, typer.Option("--camera", help="Only of this camera; may be repeated.")] = None,
    since: Annotated[
        datetime | None, typer.Option("--since", formats=FORMATS, help="From this moment on, in UTC.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--until", formats=FORMATS, help="Before this moment, in UTC.")
    ] = None,
    state: Annotated[
        AlertState | None, typer.Option("--state", help="Only alerts that are acknowledged, or dismissed.")
    ] = None,
    scene: Annotated[
        str | None, typer.Option("--scene", help="For clips whose camera nobody knows: they are of one.")
    ] = None,
    split: Annotated[
        SceneSplit | None, typer.Option("--split", help="For new scenes; by default they are dealt out.")
    ] = None,
    piece_s: Annotated[float, typer.Option("--piece-s", min=1, max=20, help="How long a clip is cut.")] = 4.0,
    pieces: Annotated[int, typer.Option("--pieces", min=1, help="Cut from one longer file, at most.")] = 3,
    state_dir: StateDir = None,
) -> None:
    """Take clips into the folder: from a folder (--clips), a running service (--server), or else this deployment's own.

    A camera is a scene, and each scene is in one split: 7 of 10 in train, 1 in val, 2 in test. Of longer files a few
    seconds are cut where most moves, of alerts around what was seen. Where somebody answered an alert, that is the
    label: acknowledged, the concept; false alarm, normal. Do it again later: only what is new is taken.
    """
    from instantreact.labelling.collect import CollectOptions
    from instantreact.labelling.folder import LabelFolder
    from instantreact.labelling.remote import StoredFilter

    if clips is not None and server is not None:
        raise InvalidInput("--clips and --server exclude each other: collect twice, into the same folder.")
    wanted = StoredFilter(
        stored, tuple(camera or ()), state, to_utc(since), to_utc(until), scene, pieces
    )  # fmt: skip
    options, settings = CollectOptions(piece_s, split), read_settings(state_dir=state_dir)
    data = LabelFolder.make(folder)
    if clips is not None:
        report = _collect(data, FolderSource(clips, scene=scene, pieces=pieces), options)
    elif server is not None:
        report = _collect_remote(data, server, settings, wanted, options)
    else:
        report = asyncio.run(_collect_own(data, settings, wanted, options))
    for name, why in report.skipped.items():
        typer.echo(f"passed over: {name}: {why}", err=True)
    typer.echo(
        f"{report.new} new clips; {report.known} files were here already, {report.answered} of their clips have an "
        f"answer that is new; {len(report.skipped)} passed over. People may be seen in {folder}: read its README.txt."
    )


@app.command()
def suggest(
    folder: Folder,
    endpoint: Annotated[
        str | None,
        typer.Option(
            "--endpoint", help="OpenAI-compatible base URL; by default that of the second look. It gets pictures."
        ),
    ] = None,
    model: Annotated[str | None, typer.Option("--model", help="What the model is called there.")] = None,
    key_file: Annotated[
        Path | None, typer.Option("--key-file", help="Holds the key of --endpoint.", exists=True, dir_okay=False)
    ] = None,
    annotator: Annotated[
        str | None, typer.Option("--annotator", help="Whose words they are; by default the model's.")
    ] = None,
    count: Annotated[int, typer.Option("--captions", min=1, max=6, help="How many a clip.")] = 3,
    at_once: Annotated[
        int, typer.Option("--at-once", min=1, max=16, help="How many clips are asked about at once.")
    ] = 2,
    timeout_s: Annotated[float, typer.Option("--timeout-s", min=1, max=600, help="For each answer.")] = 120.0,
) -> None:
    """Have a vision-language model describe the clips: it is sent one picture a clip, with six of its frames.

    Suggestions are unchecked until somebody reviews them. Two annotators are two runs with another --model, or another
    --annotator: they do not see what the other, or the service, said. Settings are those of the second look
    (INSTANTREACT_SECOND_LOOK_URL, _MODEL, _API_KEY) where nothing else is said.
    """
    from instantreact.labelling.folder import LabelFolder
    from instantreact.labelling.suggest import SuggestOptions, list_undescribed
    from instantreact.labelling.suggest import suggest as suggest_captions
    from instantreact.vision.captions import VisionAnnotator
    from instantreact.vision.endpoint import VisionEndpoint

    account = _find_account(read_settings(), endpoint, model, key_file)
    options = SuggestOptions(annotator or account.model, count, at_once)
    data = LabelFolder(folder)
    waiting = list_undescribed(data, options.annotator)

    async def run() -> "SuggestReport":
        asked = VisionEndpoint(account)
        try:
            with progress("Clips described", len(waiting)) as tell:
                return await suggest_captions(
                    data, VisionAnnotator(asked, timeout_s=timeout_s), waiting, options, after_each=tell
                )
        finally:
            await asked.close()

    report = asyncio.run(run())
    for name, why in report.failed.items():
        typer.echo(f"not described: {name}: {why}", err=True)
    typer.echo(
        f"{report.described} of {len(waiting)} clips were described by {options.annotator}; nobody has checked that."
    )
    if report.stopped:
        raise Misconfigured(f"No more was asked. {report.stopped} The same command goes on from here.")


@app.command()
def review(
    folder: Folder,
    browser: Annotated[bool, typer.Option("--browser", help="On a page, which only this machine can open.")] = False,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Of the page; 0 takes a free one.")] = 0,
    again: Annotated[bool, typer.Option("--again", help="Show what was checked or left out before, too.")] = False,
    by: Annotated[str | None, typer.Option("--by", help="Whose words yours are; by default who you are here.")] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Take all suggestions as they are, UNCHECKED, where nobody wrote anything.")
    ] = False,
) -> None:
    """Look at clip after clip, and say what happens: in the terminal, or with --browser on a page where it plays.

    Each clip is written down when it is saved: stop whenever you like. What others wrote meanwhile stays.
    """
    from instantreact.domain.concepts import FIRST_CONCEPTS
    from instantreact.labelling.folder import LabelFolder
    from instantreact.labelling.review import Review, accept_suggestions
    from instantreact.labelling.terminal import TerminalReview

    data = LabelFolder(folder)
    if accept:
        typer.echo(f"The suggestions for {accept_suggestions(data)} clips were taken; nobody has checked them.")
        return
    found = Review(data, annotator=by or _find_name(), again=again, labels=tuple(FIRST_CONCEPTS))
    if browser:
        _serve(found, port)
    else:
        TerminalReview(found, _ask, typer.echo).run()
    left = sum(not draft.checked and not draft.left_out for draft in data.read().values())
    typer.echo(f"{left} clips are still to be checked." if left else "All clips are checked.")


@app.command()
def check(folder: Folder, config: _Recipe = None, backbone_weights: _Weights = None) -> None:
    """Say what training will make of the folder, and the command for it. Ends with 1 where training would refuse it."""
    from instantreact.labelling.check import RecipeDemands, check_folder, describe_report
    from instantreact.labelling.folder import LabelFolder
    from instantreact.model_wiring import SHIPPED_BUNDLE

    recipe = config or SHIPPED_BUNDLE / "train.toml"
    needs, data = RecipeDemands.read(recipe), LabelFolder(folder)
    report = check_folder(data, needs)
    typer.echo(describe_report(report))
    if report.refusals:
        raise typer.Exit(1)
    command = ["instantreact", "train", "captioner", "--data", str(folder), "--config", str(recipe)]
    if needs.takes_weights or backbone_weights is not None:
        command += ["--backbone-weights", str(backbone_weights or "WEIGHTS")]
    typer.echo(f"\n{shlex.join([*command, '--output', 'runs/mine'])}")


def _collect(data: "LabelFolder", source: "ClipSource", options: "CollectOptions") -> "CollectReport":
    from instantreact.labelling.collect import collect as collect_clips

    found = source.find()
    with progress("Files collected", len(found)) as tell:
        return collect_clips(data, source, found, options, after_each=tell)


def _collect_remote(
    data: "LabelFolder", server: str, settings: Settings, wanted: "StoredFilter", options: "CollectOptions"
) -> "CollectReport":
    import httpx

    from instantreact.labelling.remote import ServiceClips

    if settings.api_key is None:
        raise Misconfigured("Set INSTANTREACT_API_KEY, or INSTANTREACT_API_KEY_FILE, to a key of the service.")
    headers = {"X-API-Key": settings.api_key.get_secret_value()}
    with httpx.Client(base_url=server, headers=headers, timeout=60.0, follow_redirects=False) as client:
        return _collect(data, ServiceClips(client, wanted), options)


async def _collect_own(
    data: "LabelFolder", settings: Settings, wanted: "StoredFilter", options: "CollectOptions"
) -> "CollectReport":
    from instantreact.labelling.own import find_stored

    async with services_of(settings) as services:
        source = await find_stored(services, wanted)
        async with services.database.unit_of_work() as session:
            subject = ",".join(wanted.cameras) or "all cameras"
            record(session, "label collect", subject, now=services.clock.now(), action=AuditAction.SAW)
        return await asyncio.to_thread(_collect, data, source, options)


def _find_account(
    settings: Settings, endpoint: str | None, model: str | None, key_file: Path | None
) -> "VisionAccount":
    from instantreact.vision.endpoint import VisionAccount

    configured = str(settings.second_look_url) if settings.second_look_url else None
    url, name = endpoint or configured, model or settings.second_look_model
    if url is None or name is None:
        raise Misconfigured(
            "Say --endpoint and --model, or set INSTANTREACT_SECOND_LOOK_URL and INSTANTREACT_SECOND_LOOK_MODEL: where "
            "a model answers that sees pictures."
        )
    key = settings.second_look_api_key.get_secret_value() if settings.second_look_api_key else None
    if key_file is not None:
        key = key_file.read_text("utf-8").strip()
    elif endpoint is not None and endpoint.rstrip("/") != (configured or "").rstrip("/"):
        key = None  # it is another endpoint's
    return VisionAccount(url, name, key)


def _find_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"


def _ask(question: str) -> str:
    return input(question)


def _serve(found: "Review", port: int) -> None:
    import socket

    import uvicorn

    from instantreact.labelling.page import ReviewPage

    page = ReviewPage(found)
    with socket.create_server(("127.0.0.1", port)) as listening:
        typer.echo(f"Open http://127.0.0.1:{listening.getsockname()[1]}/{page.token}/ in a browser; Ctrl+C stops.")
        config = uvicorn.Config(page.app, log_config=None, access_log=False, lifespan="off", ws="none")
        uvicorn.Server(config).run(sockets=[listening])
