"""The CNN-LSTM captioner in torch, from frame features to words.

Two streams of frame features (appearance, motion) are fused and read by a bidirectional LSTM over time; an LSTM decoder
with attention over the encoded frames writes the sentence (S2VT, Venugopalan et al. 2015, arXiv:1505.00487; global
attention, Luong et al. 2015, arXiv:1508.04025). A linear head on the last stream's features scores the concepts; it is
fitted by itself (`concepts.fit_concept_head`), because a head on the LSTM learns single scenes by heart. Such a head is
trained along all the same, as an auxiliary task of the encoder.

Where a picture has several cells, each cell is a row of its own, as if it were a frame: the LSTM reads a picture cell
by cell, and the decoder attends to the cells (Xu et al. 2015, arXiv:1502.03044).

Shapes: N windows, T frames, R rows (T times the cells of a frame), D feature values of a row, L words, V vocabulary,
C concepts, H hidden, M memory, A attention.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from instantreact.inference.vocabulary import PAD


@dataclass(frozen=True)
class ModelShape:
    """The sizes of a `CaptionModel`.

    streams     the width of each stream of features; they lie side by side in D
    projection  what each stream is projected to
    vocabulary  V
    concepts    C
    cells       rows of a frame
    embedding_std  standard deviation of the words' embeddings before training
    """

    streams: tuple[int, ...]
    vocabulary: int
    concepts: int
    projection: int = 128
    hidden: int = 256
    embedding: int = 128
    dropout: float = 0.4
    cells: int = 1
    embedding_std: float = 1.0


@dataclass(frozen=True)
class Encoded:
    """Windows after the encoder; `mask` (N, R) is True where a row is real."""

    memory: Tensor  # (N, R, M)
    keys: Tensor  # (N, R, A)
    mask: Tensor  # (N, R)
    hidden: Tensor  # (N, H)
    cell: Tensor  # (N, H)
    concepts: Tensor  # (N, C), logits
    auxiliary: Tensor  # (N, C), logits of the head that is trained along


class FrameEncoder(nn.Module):
    """Fuses the streams and reads them over time."""

    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        self.streams = shape.streams
        self.cells = shape.cells
        width = sum(shape.streams)
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("scale", torch.ones(width))
        self.projections = nn.ModuleList(nn.Linear(stream, shape.projection) for stream in shape.streams)
        self.dropout = nn.Dropout(shape.dropout)
        fused = shape.projection * len(shape.streams)
        self.lstm = nn.LSTM(fused, shape.hidden // 2, batch_first=True, bidirectional=True)
        self.start = nn.Linear(2 * (fused + shape.hidden), 2 * shape.hidden)
        self.key = nn.Linear(shape.hidden, shape.hidden, bias=False)
        self.auxiliary = nn.Linear(2 * (fused + shape.hidden), shape.concepts)
        # Zero until `fit_concept_head` fits them; no gradient ever reaches them.
        self.concept_weights = nn.Parameter(torch.zeros(shape.concepts, 2 * shape.streams[-1]))
        self.concept_offsets = nn.Parameter(torch.zeros(shape.concepts))

    def standardize_by(self, mean: Tensor, scale: Tensor) -> None:
        """Take the mean and standard deviation (D,) of the training features, which the input is standardised by."""
        self.mean.copy_(mean)
        self.scale.copy_(scale)

    def spread(self, features: Tensor) -> Tensor:
        """Frames (N, T, cells * D), each stream's cells in a row, to one row for each cell, (N, R, D)."""
        if self.cells == 1:
            return features
        parts = torch.split(features, [self.cells * stream for stream in self.streams], dim=-1)
        rows = [part.reshape(part.shape[0], -1, stream) for part, stream in zip(parts, self.streams, strict=True)]
        return torch.cat(rows, dim=-1)

    def fuse(self, rows: Tensor) -> Tensor:
        """(N, R, D) to (N, R, F)."""
        parts = torch.split((rows - self.mean) / self.scale, list(self.streams), dim=-1)
        projected = [layer(self._drop(part)) for layer, part in zip(self.projections, parts, strict=True)]
        return F.relu(torch.cat(projected, dim=-1))

    def _drop(self, part: Tensor) -> Tensor:
        """Dropout on (N, R, W)."""
        if self.cells == 1 or not self.training:
            whole: Tensor = self.dropout(part)
            return whole
        # Neighbouring cells resemble each other, so a value is dropped in all of them (Gal & Ghahramani 2016,
        # arXiv:1512.05287); drawing one for each cell would also take a fifth of the training time.
        kept: Tensor = self.dropout(torch.ones_like(part[:, :1]))
        return part * kept

    def summarize(self, rows: Tensor, mask: Tensor) -> Tensor:
        """What the concept head sees of rows (N, R, D): the last stream's mean and maximum over them, (N, 2 W)."""
        return pool(rows[..., -self.streams[-1] :], mask)

    def score_concepts(self, summary: Tensor) -> Tensor:
        """Logits (N, C) from what `summarize` gives (N, 2 W)."""
        return F.linear(summary, self.concept_weights, self.concept_offsets)

    def finish(self, rows: Tensor, fused: Tensor, memory: Tensor, mask: Tensor) -> Encoded:
        """The results from the rows (N, R, D), fused (N, R, F) and as the LSTM saw them (N, R, M)."""
        pooled = self.dropout(pool(torch.cat([fused, memory], dim=-1), mask))  # (N, 2 (F + M))
        hidden, cell = torch.tanh(self.start(pooled)).chunk(2, dim=-1)
        concepts = self.score_concepts(self.summarize(rows, mask))
        return Encoded(memory, self.key(memory), mask, hidden, cell, concepts, self.auxiliary(pooled))

    def forward(self, features: Tensor, lengths: Tensor) -> Encoded:
        """Windows (N, T, cells * D), padded behind their `lengths` (N,) in frames."""
        rows, lengths = self.spread(features), lengths * self.cells
        fused = self.fuse(rows)
        packed = pack_padded_sequence(fused, lengths.cpu(), batch_first=True, enforce_sorted=False)
        memory, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=rows.shape[1])
        mask = torch.arange(rows.shape[1], device=rows.device)[None] < lengths.to(rows.device)[:, None]
        return self.finish(rows, fused, memory, mask)


class WordDecoder(nn.Module):
    """Writes one word after the other."""

    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        self.embedding = nn.Embedding(shape.vocabulary, shape.embedding, padding_idx=PAD)
        with torch.no_grad():
            self.embedding.weight.mul_(shape.embedding_std)
        self.lstm = nn.LSTM(shape.embedding, shape.hidden, batch_first=True)
        self.dropout = nn.Dropout(shape.dropout)
        self.combine = nn.Linear(2 * shape.hidden, shape.embedding)
        self.bias = nn.Parameter(torch.zeros(shape.vocabulary))

    def forward(self, words: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Words (N, L) and states (N, H) to outputs (N, L, H) and the states after."""
        embedded = self.dropout(self.embedding(words))
        outputs, (hidden, cell) = self.lstm(embedded, (hidden[None], cell[None]))
        return outputs, hidden[0], cell[0]

    def attend(self, outputs: Tensor, keys: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        """What to say (N, L, E) from outputs (N, L, H) that attend to `memory` (N, R, M) by `keys` (N, R, A)."""
        attention = outputs @ keys.transpose(1, 2) / outputs.shape[-1] ** 0.5  # (N, L, R)
        if mask is not None:
            attention = attention.masked_fill(~mask[:, None], float("-inf"))
        context = attention.softmax(dim=-1) @ memory  # (N, L, M)
        combined = torch.tanh(self.combine(self.dropout(torch.cat([outputs, context], dim=-1))))
        dropped: Tensor = self.dropout(combined)
        return dropped

    def score(self, attended: Tensor) -> Tensor:
        """Log-probabilities (..., V) of the words from what `attend` gives (..., E)."""
        # The output layer shares its weights with the embedding (Press & Wolf 2017, arXiv:1608.05859).
        return F.log_softmax(attended @ self.embedding.weight.T + self.bias, dim=-1)


class CaptionModel(nn.Module):
    """Encoder and decoder together, as they are trained."""

    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        self.shape = shape
        self.encoder = FrameEncoder(shape)
        self.decoder = WordDecoder(shape)

    def forward(
        self, features: Tensor, lengths: Tensor, words: Tensor, owners: Tensor, scored: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Log-probabilities (P, V) of the words after the P of `words` (S, L) that `scored` (S, L) marks.

        Beside them auxiliary logits (N, C). features (N, T, cells * D) with lengths (N,); owners (S,) says which window
        each sentence describes.
        """
        encoded: Encoded = self.encoder(features, lengths)
        outputs, _, _ = self.decoder(words, encoded.hidden[owners], encoded.cell[owners])
        attended = self.decoder.attend(outputs, encoded.keys[owners], encoded.memory[owners], encoded.mask[owners])
        # Most of the work is here: padding, about half of a batch, is left out.
        return self.decoder.score(attended[scored]), encoded.auxiliary


def pool(values: Tensor, mask: Tensor) -> Tensor:
    """Mean and maximum over the rows, (N, R, F) to (N, 2 F), that `mask` (N, R) says are real."""
    real = mask[..., None]
    mean = (values * real).sum(dim=1) / real.sum(dim=1)
    return torch.cat([mean, values.masked_fill(~real, float("-inf")).amax(dim=1)], dim=-1)
