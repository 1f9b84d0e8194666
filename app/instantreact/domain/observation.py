"""What was seen and heard in one window: values without an id."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from instantreact.domain.media import Window

SAME_MOMENT_S = 0.002
"""Times that are nearer to each other, in seconds, are of one frame."""


@dataclass(frozen=True)
class Caption:
    """One sentence about a window; `score` is the geometric mean of its words' probabilities, 0..1."""

    text: str
    score: float


@dataclass(frozen=True)
class Hypothesis:
    """A sentence the model might have said, with its share of the probability, 0..1; shares sum to 1."""

    text: str
    probability: float


@dataclass(frozen=True)
class Box:
    """Corners as shares of the frame's width and height, 0..1."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Detection:
    """One labelled box on one frame; `thing` is the number of the thing that it shows, where that is known."""

    label: str
    score: float
    box: Box
    time_s: float
    thing: int | None = None


@dataclass(frozen=True)
class Stay:
    """From when to when a thing was seen in a zone, or, where `zone` is None, in the picture; it may begin earlier."""

    zone: str | None
    since_s: float
    until_s: float


class Way(StrEnum):
    """How a thing passes a zone, or a line: as one looks along it from its start, from left to right, or back."""

    ENTER = "enter"
    LEAVE = "leave"
    RIGHT = "right"
    LEFT = "left"


@dataclass(frozen=True)
class Passage:
    """A thing went into a zone, or out of it."""

    zone: str
    way: Way
    time_s: float


@dataclass(frozen=True)
class Thing:
    """What is one and the same on many frames: a person who stands there for five minutes is one.

    number    by which it is known in its stream or clip
    score     of its best box in the window
    stays     the newest in each zone where it was within the window, and in the picture
    passages  those within the window
    """

    number: int
    label: str
    score: float
    stays: tuple[Stay, ...]
    passages: tuple[Passage, ...] = ()


@dataclass(frozen=True)
class Trace:
    """When something of this label was seen last in a zone, or anywhere, with at least this score."""

    label: str
    zone: str | None
    time_s: float
    score: float


@dataclass(frozen=True)
class Presence:
    """What is there, and what was: things are followed from frame to frame as long as somebody looks.

    looked_since_s  since when it has been looked for without a break, on the footage's clock
    labels          what was looked for
    traces          of what was seen since, even where it is gone
    """

    looked_since_s: float
    labels: tuple[str, ...]
    things: tuple[Thing, ...] = ()
    traces: tuple[Trace, ...] = ()


class Hearing(StrEnum):
    """What is known about the sound of a window. Unknown is not silence."""

    HEARD = "heard"
    SILENT = "silent"
    NO_TRACK = "no_track"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Word:
    """A word and when it was said, in seconds on the footage's clock."""

    text: str
    start_s: float
    end_s: float
    confidence: float | None = None


@dataclass(frozen=True)
class Meaning:
    """Something the recogniser understood: an intent's name, or an entity's or trait's name and value.

    `said` are the words it was understood from, `start_s` and `end_s` when, in seconds on the footage's clock.
    """

    name: str
    confidence: float
    value: str | None = None
    said: str = ""
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True)
class Transcript:
    """What was said, and by which engine it was heard.

    context    words said just before `words`: a phrase that begins in an earlier window is found where it ends
    truncated  the recogniser broke off, or a part of the sound was not heard: more may have been said
    reason     why `hearing` is unknown or the transcript truncated, a sentence for people
    """

    hearing: Hearing
    engine: str
    text: str = ""
    language: str | None = None
    words: tuple[Word, ...] = ()
    intents: tuple[Meaning, ...] = ()
    entities: tuple[Meaning, ...] = ()
    traits: tuple[Meaning, ...] = ()
    truncated: bool = False
    reason: str | None = None
    context: tuple[Word, ...] = ()


@dataclass(frozen=True)
class Observation:
    """Caption, detections and transcript of a window."""

    window: Window
    caption: Caption
    hypotheses: tuple[Hypothesis, ...]
    concepts: Mapping[str, float] = field(default_factory=dict)
    detections: tuple[Detection, ...] = ()
    transcript: Transcript | None = None
    zones: Mapping[str, float] = field(default_factory=dict)
    """Share of the moving pixels inside each zone of the camera, 0..1."""
    presence: Presence | None = None
    """None where nobody looked for things."""
    pictured_s: float | None = None
    """When what its picture shows was seen; None where an earlier version has not said so."""
    concepts_before: Mapping[str, float] = field(default_factory=dict)
    """What the model said of those concepts whose score the camera's calibration has changed."""
