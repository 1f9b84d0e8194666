"""The training toolkit: bring footage with captions, get a bundle that the service can run.

    config, clips = load_config(Path("train.toml")), load_clips(Path("data"))
    encoders, prepared = prepare_data(config, BackboneWeights(), clips, Path("cache"))
    trained = train_captioner(config, encoders, prepared, clips, Path("runs/mine"))
    bundle = export_bundle(trained, Path("models/mine"))
    said = describe_with(trained, prepared, clips)
    print(evaluate_descriptions(clips, said, config.concepts.words))

Needs the extra `train`.
"""

from instantreact.training.captioner.checkpoint import TrainedCaptioner, load_checkpoint, save_checkpoint
from instantreact.training.captioner.clips import CaptionedClip, Split, of_split, scene_folds
from instantreact.training.captioner.config import TrainingConfig, load_config
from instantreact.training.captioner.evaluate import Evaluation, evaluate_baselines, evaluate_descriptions
from instantreact.training.captioner.export import export_bundle
from instantreact.training.captioner.fit import describe_folds, describe_with, fit_captioner, fit_folds
from instantreact.training.captioner.formats.load import DataFormat, load_clips
from instantreact.training.captioner.prepare import Prepared
from instantreact.training.captioner.recipe import BackboneWeights
from instantreact.training.captioner.run import prepare_data, train_captioner, train_final
from instantreact.training.metrics.captions import CaptionScores, score_captions

__all__ = [
    "BackboneWeights",
    "CaptionScores",
    "CaptionedClip",
    "DataFormat",
    "Evaluation",
    "Prepared",
    "Split",
    "TrainedCaptioner",
    "TrainingConfig",
    "describe_folds",
    "describe_with",
    "evaluate_baselines",
    "evaluate_descriptions",
    "export_bundle",
    "fit_captioner",
    "fit_folds",
    "load_checkpoint",
    "load_clips",
    "load_config",
    "of_split",
    "prepare_data",
    "save_checkpoint",
    "scene_folds",
    "score_captions",
    "train_captioner",
    "train_final",
]
