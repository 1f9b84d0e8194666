"""From a configuration and clips to a trained model: the steps that train, crossval and export share."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from instantreact.errors import InvalidInput
from instantreact.inference.bundle import Graph, GraphName, sha256_of
from instantreact.inference.preprocess import Preprocessing
from instantreact.inference.session import GraphSession
from instantreact.inference.vocabulary import Vocabulary
from instantreact.training.captioner.backbones import BackboneKind, find_backbone
from instantreact.training.captioner.clips import CaptionedClip, concept_shares
from instantreact.training.captioner.config import TrainingConfig
from instantreact.training.captioner.examples import Example
from instantreact.training.captioner.graphs import GraphPlan, check_parity, encoder_plan, make_inputs, write_graph
from instantreact.training.captioner.model import CaptionModel, ModelShape
from instantreact.training.captioner.prepare import FeatureExtractor, Prepared
from instantreact.training.captioner.reward import Rewarder
from instantreact.training.captioner.storage import store_as_half
from instantreact.training.captioner.train import Trainer, find_device, standardize_features


@dataclass(frozen=True)
class BackboneWeights:
    """Files with the encoders' weights; None takes the published ones, where a backbone has them."""

    appearance: Path | None = None
    motion: Path | None = None


def write_encoders(config: TrainingConfig, weights: BackboneWeights, folder: Path) -> dict[GraphName, Graph]:
    """Export a configuration's encoders to `folder`, each checked against torch.

    Raises InvalidInput for an unknown backbone or weights that do not fit.
    """
    chosen = {GraphName.APPEARANCE: (config.backbones.appearance, weights.appearance)}
    if config.backbones.moving:
        chosen[GraphName.MOTION] = (config.backbones.motion, weights.motion)
    return {
        name: _write_encoder(config, find_backbone(backbone), file, folder / f"{name}.onnx")
        for name, (backbone, file) in chosen.items()
    }


def open_extractor(config: TrainingConfig, folder: Path) -> FeatureExtractor:
    """The feature extractor whose encoders `write_encoders` put into `folder`."""
    return FeatureExtractor(
        appearance=GraphSession(folder / f"{GraphName.APPEARANCE}.onnx"),
        motion=GraphSession(folder / f"{GraphName.MOTION}.onnx") if config.backbones.moving else None,
        sampling=config.sampling,
        preprocessing=preprocessing_of(config),
    )


def preprocessing_of(config: TrainingConfig) -> Preprocessing:
    """How pixels become the encoders' input; both streams share it."""
    backbones = config.backbones
    return find_backbone(backbones.appearance).preprocessing(
        backbones.motion_gain, backbones.motion_crop, motion_steady=backbones.motion_steady
    )


def build_vocabulary(config: TrainingConfig, clips: Sequence[CaptionedClip]) -> Vocabulary:
    """The words of the clips' captions that are frequent enough."""
    captions = (caption for clip in clips for caption in clip.captions)
    return Vocabulary.from_captions(captions, at_least=config.least_word_count)


def make_examples(
    config: TrainingConfig, clips: Sequence[CaptionedClip], prepared: Prepared, vocabulary: Vocabulary
) -> list[Example]:
    """Examples of the clips that could be read."""
    return [
        Example(
            name=clip.name,
            scene=clip.scene,
            views=prepared.views[clip.name],
            sentences=tuple(tuple(vocabulary.encode(caption)) for caption in clip.captions),
            concepts=concept_shares(clip, config.concepts.words),
        )
        for clip in clips
        if clip.name in prepared.views
    ]


def build_model(config: TrainingConfig, vocabulary: Vocabulary, train: Sequence[Example]) -> CaptionModel:
    """A fresh model for a configuration, its input standardised by the training examples."""
    torch.manual_seed(config.training.seed)
    shape = ModelShape(
        streams=tuple(find_backbone(name).width for name in config.backbones.streams),
        vocabulary=len(vocabulary),
        concepts=len(config.concepts.words),
        projection=config.model.projection,
        hidden=config.model.hidden,
        embedding=config.model.embedding,
        dropout=config.model.dropout,
        cells=config.backbones.cells,
        embedding_std=config.model.embedding_std,
    )
    model = CaptionModel(shape)
    standardize_features(model, train)
    return model


def make_trainer(
    config: TrainingConfig, vocabulary: Vocabulary, train: Sequence[Example], model: CaptionModel | None = None
) -> Trainer:
    """What trains a model for a configuration, by default a fresh one, on the GPU where there is one."""
    rewarder = None
    if config.reward.epochs:
        rewarder = Rewarder(config.reward, vocabulary, train, max_words=config.decoding.max_words)
    model = model or build_model(config, vocabulary, train)
    return Trainer(model, config.training, device=find_device(), rewarder=rewarder)


def _write_encoder(config: TrainingConfig, backbone: BackboneKind, weights: Path | None, path: Path) -> Graph:
    network, size = backbone.build(weights, config.backbones.grid), config.sampling.image_size
    plan = encoder_plan(backbone.width * config.backbones.cells, size)
    _check_grid(network, plan, config)
    graph = write_graph(network, plan, path)
    check_parity(network, plan, path, [{"frames": 1}, {"frames": 3}])
    store_as_half(path)  # before features are computed, so that training sees what serving will compute
    return graph.model_copy(update={"sha256": sha256_of(path)})


def _check_grid(network: nn.Module, plan: GraphPlan, config: TrainingConfig) -> None:
    with torch.no_grad():
        (features,) = network(*make_inputs(plan, {"frames": 1}))
    ((_, width),) = plan.outputs.values()
    if len(features) != width:
        raise InvalidInput(
            f"backbones.grid = {config.backbones.grid} does not divide the network's feature map at image_size "
            f"{config.sampling.image_size}."
        )
