"""Times for words where a recogniser gives none."""

from instantreact.domain.observation import Word


def spread_words(text: str, start_s: float, duration_s: float) -> tuple[Word, ...]:
    """The words of `text` laid out over a stretch of time, each as long as its letters' share: an estimate."""
    texts = text.split()
    letters = sum(map(len, texts))
    words: list[Word] = []
    said = 0
    for word in texts:
        begin_s = start_s + duration_s * said / letters
        said += len(word)
        words.append(Word(word, begin_s, start_s + duration_s * said / letters))
    return tuple(words)
