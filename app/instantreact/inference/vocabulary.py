"""The words a captioner knows and their numbers."""

from collections import Counter
from collections.abc import Iterable, Sequence

from instantreact.domain.mention import tokenize

PAD, START, END, UNKNOWN = range(4)
SPECIALS = ("<pad>", "<start>", "<end>", "<unknown>")


class Vocabulary:
    """Words by number; the first four are `SPECIALS`. Raises ValueError when they are not, or a word comes twice."""

    def __init__(self, words: Sequence[str]) -> None:
        if tuple(words[: len(SPECIALS)]) != SPECIALS:
            raise ValueError(f"a vocabulary begins with {', '.join(SPECIALS)}")
        self.words = tuple(words)
        self._numbers = {word: number for number, word in enumerate(words)}
        if len(self._numbers) != len(self.words):
            raise ValueError("a vocabulary holds each word once")

    @classmethod
    def from_captions(cls, captions: Iterable[str], *, at_least: int = 1) -> "Vocabulary":
        """The words that occur `at_least` times, the most frequent first, ties in alphabetical order."""
        counts = Counter(word for caption in captions for word in tokenize(caption))
        kept = [word for word, count in counts.items() if count >= at_least]
        return cls([*SPECIALS, *sorted(kept, key=lambda word: (-counts[word], word))])

    def __len__(self) -> int:
        return len(self.words)

    def encode(self, caption: str) -> list[int]:
        """The numbers of a caption's words, `END` last."""
        return [self._numbers.get(word, UNKNOWN) for word in tokenize(caption)] + [END]

    def decode(self, numbers: Iterable[int]) -> str:
        """The words of these numbers up to `END`, with single spaces."""
        words: list[str] = []
        for number in numbers:
            if number == END:
                break
            if number not in (PAD, START):
                words.append(self.words[number])
        return " ".join(words)
