"""What people do with clips, in the terminal or the browser: look at one after the other, write, save, leave out."""

from collections.abc import Sequence
from dataclasses import dataclass

from instantreact.domain.mention import tokenize
from instantreact.errors import InvalidInput
from instantreact.labelling.folder import DraftCaption, LabelDraft, LabelFolder
from instantreact.labelling.sources import NORMAL

MOST_CHARS = 300


@dataclass(frozen=True)
class ClipPlace:
    """Where a clip stands: the how many-th of how many, and how many are still to be checked."""

    number: int
    total: int
    left: int


class Review:
    """The clips of a folder in their order. Reads the folder anew each time: others may be at work, too."""

    def __init__(self, folder: LabelFolder, *, annotator: str, again: bool = False, labels: Sequence[str] = ()) -> None:
        """`annotator`: whose words new ones are. `again`: also show what was checked or left out before.

        `labels` are offered, beside those that are used already.
        """
        self.folder = folder
        self._annotator = annotator
        self._again = again
        self._offered = labels

    def open(self, name: str) -> LabelDraft | None:
        """The clip as it is now; None where there is none of the name."""
        return self.folder.read().get(name)

    def find_next(self, after: str | None = None) -> str | None:
        """The next clip to be checked, from the first on or after that one; None when that was the last."""
        drafts = self.folder.read()
        names = list(drafts)
        start = names.index(after) + 1 if after in drafts else 0
        return next((name for name in names[start:] if self._is_due(drafts[name])), None)

    def find_before(self, name: str) -> str | None:
        """The clip before that one, whatever became of it; None where it is the first."""
        names = list(self.folder.read())
        at = names.index(name) if name in names else 0
        return names[at - 1] if at else None

    def find_place(self, name: str) -> ClipPlace:
        """Where the clip stands."""
        drafts = self.folder.read()
        left = sum(not draft.checked and not draft.left_out for draft in drafts.values())
        return ClipPlace(list(drafts).index(name) + 1, len(drafts), left)

    def list_labels(self) -> list[str]:
        """What a clip may be labelled, the most usual first; others may be written as well."""
        used = (draft.label for draft in self.folder.read().values() if draft.label)
        return list(dict.fromkeys([NORMAL, *self._offered, *sorted(set(used))]))

    def save(self, name: str, texts: Sequence[str], label: str | None) -> None:
        """Write down what somebody says of a clip. Raises InvalidInput where a text has no word, or none is there.

        A caption that was there before stays its annotator's; what is new, or was changed, is of whoever reviews.
        """
        draft = self.folder.read()[name]
        known = {each.text: each.annotator for each in draft.captions}
        wanted = dict.fromkeys(line for text in texts if (line := " ".join(text.split())))
        for text in wanted:
            if not tokenize(text) or len(text) > MOST_CHARS:
                raise InvalidInput(
                    f"“{text[:40]}” is no sentence: a caption has words, and at most {MOST_CHARS} characters."
                )
        captions = [DraftCaption(text, known.get(text) or self._annotator) for text in wanted]
        self.folder.save(name, captions, tidy_label(label), checked=True)

    def leave_out(self, name: str) -> None:
        """Use the clip for nothing."""
        self.folder.leave_out(name)

    def _is_due(self, draft: LabelDraft) -> bool:
        return self._again or not (draft.checked or draft.left_out)


def accept_suggestions(folder: LabelFolder) -> int:
    """Take what was suggested as it is, where nobody wrote anything; how many clips that is. They stay unchecked."""
    accepted = 0
    for name, draft in folder.read().items():
        if draft.captions and not draft.checked and not draft.left_out:
            folder.save(name, draft.captions, draft.label, checked=False)
            accepted += 1
    return accepted


def tidy_label(label: str | None) -> str | None:
    """A label as it is written down; None for nothing."""
    return "-".join((label or "").casefold().split()) or None
