"""The page on which clips are checked, as HTML that works without scripts; one adds keyboard shortcuts."""

from collections.abc import Sequence
from html import escape

from instantreact.labelling.folder import DraftCaption, LabelDraft
from instantreact.labelling.review import ClipPlace

FIELDS = 6
_STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 75rem; margin: 0 auto; padding: 1rem; display: grid; gap: 1rem 2rem }
@media (min-width: 60rem) { main { display: grid; grid-template-columns: 1fr 1fr; gap: 0 2rem } }
h1 { font-size: 1.25rem; margin: 0 } video, img { max-width: 100%; display: block; background: #000 }
label, legend { display: block; margin-top: .75rem } fieldset { border: 0; padding: 0; margin: 0 }
input { font: inherit; width: 100%; box-sizing: border-box; padding: .4rem; border: 1px solid GrayText }
button { font: inherit; padding: .5rem 1rem; margin: 1rem .5rem 0 0; border: 1px solid GrayText; cursor: pointer }
button.save { background: #0b57d0; color: #fff; border-color: #0b57d0 }
:focus-visible { outline: 3px solid #0b57d0; outline-offset: 2px } small { color: GrayText }
[role=alert] { border-left: .4rem solid #b3261e; padding: .5rem 1rem }
"""
_SCRIPT = """
const ways = {KeyS: 'skip', KeyB: 'back', KeyX: 'leave'};
document.addEventListener('keydown', event => {
  const press = way => { event.preventDefault(); document.querySelector(`button[value=${way}]`).click(); };
  if (event.ctrlKey && event.key === 'Enter') press('save');
  else if (event.altKey && ways[event.code]) press(ways[event.code]);
  else if (event.altKey && /^Digit[1-9]$/.test(event.code)) {
    const field = document.getElementById('caption' + event.code.slice(5));
    if (field) { event.preventDefault(); field.focus(); }
  } else if (event.altKey && event.code === 'KeyP') {
    const clip = document.querySelector('video');
    event.preventDefault();
    if (clip.paused) clip.play(); else clip.pause();
  }
});
"""


def write_clip_page(
    draft: LabelDraft, place: ClipPlace, labels: Sequence[str], *, nonce: str, error: str | None = None
) -> str:
    """The page of one clip. Addresses in it are relative to `.../clip/<name>`."""
    entry = draft.entry
    told = [f"scene {entry.scene}", draft.split, entry.why, "checked" if draft.checked else None]
    told.append("left out: saving takes it in again" if draft.left_out else None)
    shown = [*draft.captions, *[None] * max(1, FIELDS - len(draft.captions))]
    alert = f'<p role="alert">{escape(error)}</p>' if error else ""
    fields = "".join(_write_field(number, each) for number, each in enumerate(shown, start=1))
    options = "".join(f'<option value="{escape(label)}">' for label in labels)
    name = escape(entry.clip)
    body = f"""
<header><h1>Clip {place.number} of {place.total}, {place.left} to check</h1>
<small>{escape(entry.source)}, {entry.duration_s:.1f} s · {escape(" · ".join(each for each in told if each))}</small>
</header>{alert}
<main><div>
<video src="../media/{name}.mp4" controls autoplay loop muted playsinline aria-label="The clip, without sound"></video>
<p><img src="../sheet/{name}.jpg" alt="Six frames of the clip, in order, each with its time"></p>
</div>
<form method="post" autocomplete="off"><fieldset><legend>What happens, each time in one sentence. Empty ones do not
count.</legend>{fields}</fieldset>
<label for="label">Label, if it is known</label>
<input id="label" name="label" list="labels" value="{escape(draft.label or "")}">
<datalist id="labels">{options}</datalist>
<button class="save" name="way" value="save" aria-keyshortcuts="Control+Enter">Save</button>
<button name="way" value="skip" aria-keyshortcuts="Alt+S">Skip for now</button>
<button name="way" value="back" aria-keyshortcuts="Alt+B">Back</button>
<button name="way" value="leave" aria-keyshortcuts="Alt+X">Leave this clip out</button>
<p><small>Ctrl+Enter saves, Alt+S skips, Alt+B goes back, Alt+X leaves out, Alt+P plays or pauses, Alt+1 to Alt+6 go to
a sentence.</small></p></form></main>
<script nonce="{nonce}">{_SCRIPT}</script>"""
    return _write_page(f"Clip {place.number} of {place.total}", body, nonce=nonce)


def write_end_page(left: int, *, nonce: str) -> str:
    """What is shown when no clip comes next."""
    told = f"{left} were skipped." if left else "All clips are checked."
    again = '<p><a href="./">Look at those again</a></p>' if left else ""
    body = f"""<main><h1>{told}</h1>{again}
<p>What you wrote is in captions.jsonl. You can close this page, and stop the command with Ctrl+C;
<code>instantreact label check</code> says what training will make of it.</p></main>"""
    return _write_page(told, body, nonce=nonce)


def _write_field(number: int, caption: DraftCaption | None) -> str:
    text, by = (caption.text, caption.annotator) if caption else ("", "")
    said = f" <small>by {escape(by)}</small>" if by else ""
    return (
        f'<label for="caption{number}">Sentence {number}{said}</label>'
        f'<input id="caption{number}" name="caption" maxlength="300" value="{escape(text)}" lang="en">'
    )


def _write_page(title: str, body: str, *, nonce: str) -> str:
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} - InstantReact</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style nonce="{nonce}">{_STYLE}</style></head>
<body>{body}</body></html>"""
