"""Clips are checked in a terminal, by plain questions: it works over any connection, and with a screen reader."""

import re
from collections.abc import Callable
from contextlib import suppress

from instantreact.errors import InvalidInput
from instantreact.labelling.folder import LabelDraft
from instantreact.labelling.review import Review, tidy_label

HELP = """  Enter          save as it is shown, and go on
  any sentence   add it as a caption
  2: a sentence  put it in the place of caption 2
  -2             take caption 2 out
  l fight        say what happens (fight, fall, fire, normal, a word of yours); l alone: nobody knows
  s              skip it for now       b   back to the clip before
  x              leave the clip out    q   stop; the next time goes on from here"""
_WAYS = frozenset("sbxq")
_EDIT = re.compile(r"-(?P<removed>[0-9]{1,3})|(?P<number>[0-9]{1,3}):\s*(?P<text>.+)")


class TerminalReview:
    """Asks about clip after clip until there is none, or nobody answers any more."""

    def __init__(self, review: Review, ask: Callable[[str], str], say: Callable[[str], None]) -> None:
        """`ask` raises EOFError when nobody answers any more."""
        self._review = review
        self._ask = ask
        self._say = say
        self._texts: list[str] = []
        self._label: str | None = None

    def run(self) -> None:
        """Look at what there is to check."""
        name = self._review.find_next()
        if name is not None:
            self._say(HELP)
        with suppress(EOFError):
            while name is not None:
                name = self._look_at(name)

    def _look_at(self, name: str) -> str | None:
        """Which clip comes next."""
        draft = self._review.open(name)
        assert draft is not None  # noqa: S101 clips never go
        self._texts, self._label = [each.text for each in draft.captions], draft.label
        self._introduce(draft)
        while True:
            self._show()
            answer = self._ask("> ").strip()
            if answer.lower() in _WAYS:
                return self._go(answer.lower(), name)
            if answer:
                self._change(answer)
                continue
            try:
                self._review.save(name, self._texts, self._label)
            except InvalidInput as error:
                self._say(f"  {error}")
                continue
            return self._review.find_next(name)

    def _go(self, way: str, name: str) -> str | None:
        if way == "q":
            raise EOFError
        if way == "b":
            return self._review.find_before(name) or name
        if way == "x":
            self._review.leave_out(name)
        return self._review.find_next(name)

    def _change(self, answer: str) -> None:
        edit = _EDIT.fullmatch(answer)
        if answer == "?":
            self._say(HELP)
        elif answer.lower() == "l" or answer.lower().startswith("l "):
            self._label = tidy_label(answer[1:])
        elif edit and 1 <= (number := int(edit["removed"] or edit["number"])) <= len(self._texts):
            self._texts[number - 1 : number] = [edit["text"]] if edit["text"] else []
        elif " " in answer and not edit:
            self._texts.append(answer)
        else:
            self._say("  That is neither a sentence nor one of these:\n" + HELP)

    def _introduce(self, draft: LabelDraft) -> None:
        entry, place = draft.entry, self._review.find_place(draft.entry.clip)
        folder = self._review.folder
        self._say(
            f"\nClip {place.number} of {place.total}, {place.left} to check: {entry.source}, {entry.duration_s:.1f} s"
        )
        self._say(f"  {folder.clip_path(entry.clip)}\n  {folder.sheet_path(entry.clip)}")
        self._say(f"  scene {entry.scene}, {draft.split}" + (f"; {entry.why}" if entry.why else ""))
        if draft.left_out:
            self._say("  It was left out; saving it takes it in again.")

    def _show(self) -> None:
        for number, text in enumerate(self._texts, start=1):
            self._say(f"  {number}  {text}")
        if not self._texts:
            self._say("  no caption yet: write some, each in a line of its own")
        self._say(f"  label: {self._label or 'nobody knows'}")
