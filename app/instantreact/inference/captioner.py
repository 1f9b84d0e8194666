"""The captioner: frames in, a sentence with its alternatives and the concepts' probabilities out."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instantreact.domain.concepts import ConceptWords
from instantreact.domain.media import Images
from instantreact.domain.mention import mention_probability, mentions
from instantreact.domain.observation import Caption, Hypothesis
from instantreact.inference.bundle import Bundle, GraphName
from instantreact.inference.concepts import Calibration
from instantreact.inference.decoding import (
    DecoderState,
    Floats,
    Numbers,
    Sentence,
    rank_sentence,
    sample_sentences,
    search_beams,
)
from instantreact.inference.preprocess import motion_images, scale_pixels
from instantreact.inference.session import GraphSession, open_graph
from instantreact.inference.vocabulary import Vocabulary

FrameFeatures = NDArray[np.float32]
"""What the encoders say about single frames, (N, D); rows of overlapping windows may be joined and cut freely."""

_IMAGES_AT_ONCE = 1  # measured: more at once is slower, the activations no longer fit the processor's cache


@dataclass(frozen=True)
class Description:
    """What the captioner says about a window.

    caption     the best sentence found, where the bundle asks for it the best that agrees with the calibrated concepts;
                its score is the geometric mean of its words' probabilities
    hypotheses  sampled sentences, each with the share of the samples that said it, the most frequent first
    concepts    the probability that a caption of this window mentions it, for every concept of the bundle: what its
                calibrated head says, and without one the share of the hypotheses that do
    """

    caption: Caption
    hypotheses: tuple[Hypothesis, ...]
    concepts: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class _EncodedWindow:
    """What the decoder attends to, where it starts, and the concepts' logits."""

    memory: Floats  # (T, M)
    keys: Floats  # (T, A)
    start: DecoderState
    logits: Floats  # (C,)


class Captioner:
    """A loaded bundle. Its methods may run in several threads at once; equal input gives equal output.

    threads  processor threads of one call: with two, both streams are encoded side by side, which takes half the time;
             two threads for one of these small graphs take longer than one
    Raises BundleMismatch when a graph is not what the bundle describes.
    """

    def __init__(self, bundle: Bundle, *, threads: int = 1) -> None:
        self.bundle = bundle
        self.threads = threads
        self._vocabulary = Vocabulary(bundle.vocabulary)
        moves = bool(bundle.sampling.gaps_s)
        threads_each = max(1, threads // 2) if moves else threads
        self._appearance = open_graph(bundle, GraphName.APPEARANCE, threads=threads_each)
        self._motion = open_graph(bundle, GraphName.MOTION, threads=threads_each) if moves else None
        self._beside = ThreadPoolExecutor(1, "instantreact-stream") if moves and threads > 1 else None
        self._sequence = open_graph(bundle, GraphName.SEQUENCE)
        self._step = open_graph(bundle, GraphName.STEP)

    def encode_frames(self, images: Images, earlier: Images) -> FrameFeatures:
        """Features (N, D) of frames (N, S, S, 3) and of the frames before them (N, G, S, S, 3), each row by itself."""
        if self._motion is None:
            return self._encode_images(self._appearance, images)
        appearance = self._start_encoding(self._appearance, images)
        options = self.bundle.preprocessing
        moving = motion_images(
            images, earlier, options.motion_gain, crop=options.motion_crop, steady=options.motion_steady
        )
        motion = self._encode_images(self._motion, moving)
        return np.concatenate([appearance(), motion], axis=1)

    def describe(self, features: FrameFeatures) -> Description:
        """Describe a window of T >= 1 frames by their features (T, D)."""
        encoded = self._encode_window(features)
        sampled = self._sample(encoded)
        hypotheses = merge_samples(self._vocabulary.decode(sentence.words) for sentence in sampled)
        head = self._score_concepts(encoded.logits)
        words = self.bundle.concepts.words
        said = [name for name in self.bundle.concepts.names if name not in head]
        concepts = {name: mention_probability(hypotheses, words[name]) for name in said} | head
        return Description(self._find_caption(encoded, sampled, head), hypotheses, concepts)

    def _start_encoding(self, encoder: GraphSession, images: Images) -> Callable[[], FrameFeatures]:
        """Encode images beside what comes next, if there is a thread for it; call what is returned for the features."""
        if self._beside is None:
            features = self._encode_images(encoder, images)
            return lambda: features
        return self._beside.submit(self._encode_images, encoder, images).result

    def _encode_images(self, encoder: GraphSession, images: Images) -> FrameFeatures:
        batches = (images[at : at + _IMAGES_AT_ONCE] for at in range(0, len(images), _IMAGES_AT_ONCE))
        pixels = (scale_pixels(batch, self.bundle.preprocessing) for batch in batches)
        return np.concatenate([encoder.run({"images": batch})["features"] for batch in pixels])

    def _encode_window(self, features: FrameFeatures) -> _EncodedWindow:
        found = self._sequence.run({"features": features})
        start = DecoderState(found["hidden"], found["cell"])
        return _EncodedWindow(found["memory"], found["keys"], start, found["concepts"])

    def _find_caption(self, encoded: _EncodedWindow, sampled: Sequence[Sentence], head: Mapping[str, float]) -> Caption:
        options = self.bundle.decoding
        found = search_beams(
            lambda words, state: self._next_words(encoded, words, state),
            encoded.start,
            beams=options.beams,
            max_words=options.max_words,
            length_penalty=options.length_penalty,
        )
        if options.agreement is not None:
            found = sorted([*found, *sampled], key=lambda each: -rank_sentence(each, options.length_penalty))
        captions = [self._caption(sentence) for sentence in found]
        return choose_caption(captions, head, self.bundle.concepts.words, agreement=options.agreement)

    def _caption(self, sentence: Sentence) -> Caption:
        score = float(np.exp(sentence.log_probability / (len(sentence.words) + 1)))
        return Caption(self._vocabulary.decode(sentence.words), score)

    def _sample(self, encoded: _EncodedWindow) -> list[Sentence]:
        options = self.bundle.decoding
        return sample_sentences(
            lambda words, state: self._next_words(encoded, words, state),
            encoded.start,
            count=options.samples,
            max_words=options.max_words,
            random=np.random.default_rng(options.seed),
        )

    def _next_words(self, encoded: _EncodedWindow, words: Numbers, state: DecoderState) -> tuple[Floats, DecoderState]:
        attended = {"memory": encoded.memory, "keys": encoded.keys}
        found = self._step.run({"words": words, "hidden": state.hidden, "cell": state.cell, **attended})
        return found["log_probabilities"], DecoderState(found["next_hidden"], found["next_cell"])

    def _score_concepts(self, logits: Floats) -> dict[str, float]:
        calibration, names = self.bundle.calibration, self.bundle.concepts.names
        return {
            name: calibrate(float(logit), calibration[name])
            for name, logit in zip(names, logits, strict=True)
            if name in calibration
        }


def merge_samples(sentences: Iterable[str]) -> tuple[Hypothesis, ...]:
    """Sampled sentences as hypotheses: equal ones once, with their share, the most frequent first."""
    counts = Counter(sentences)
    total = counts.total()
    ordered = sorted(counts, key=lambda text: (-counts[text], text))
    return tuple(Hypothesis(text, counts[text] / total) for text in ordered)


def choose_caption(
    captions: Sequence[Caption], head: Mapping[str, float], words: ConceptWords, *, agreement: float | None
) -> Caption:
    """The first caption that mentions every concept in `head` exactly where its probability is at least `agreement`.

    `words` are the concepts' own. The first of all where none does, or `agreement` is None.
    """
    if agreement is None:
        return captions[0]
    wanted = {concept: probability >= agreement for concept, probability in head.items()}
    return next((caption for caption in captions if _mentioned(caption, wanted, words) == wanted), captions[0])


def _mentioned(caption: Caption, concepts: Iterable[str], words: ConceptWords) -> dict[str, bool]:
    return {concept: mentions(caption.text, words[concept]) is not None for concept in concepts}


def calibrate(logit: float, calibration: Calibration) -> float:
    """The probability, 0..1, that a concept's logit stands for."""
    return 0.5 + 0.5 * math.tanh((calibration.slope * logit + calibration.offset) / 2)  # the sigmoid, without overflow
