"""The training toolkit: bring footage with captions, get a bundle that the service can run.

    config, clips = load_config(Path("train.toml")), load_clips(Path("data"))
    encoders, prepared = prepare_data(config, BackboneWeights(), clips, Path("cache"))
    trained = train_captioner(config, encoders, prepared, clips, Path("runs/mine"))
    bundle = export_bundle(trained, Path("models/mine"))
    said = describe_with(trained, prepared, clips)
    print(evaluate_descriptions(clips, said, config.concepts.words))

The same for pictures with boxes, and a detector:

    recipe = load_detector_config(Path("recipe.toml"))
    labels = LabelMap(recipe.labels)
    train, val = (load_pictures(Path("data"), parts, labels) for parts in (recipe.data.train, recipe.data.val))
    trained = train_detector(recipe, Path("weights.npz"), train.pictures, val.pictures, Path("runs/mine"))
    bundle = export_detector(trained, Path("models/mine"))

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
from instantreact.training.detector.checkpoint import TrainedDetector, load_detector_checkpoint
from instantreact.training.detector.config import DetectorConfig, load_detector_config
from instantreact.training.detector.evaluate import DetectorEvaluation, evaluate_found, find_with_bundle
from instantreact.training.detector.export import export_detector
from instantreact.training.detector.formats.load import BoxFormat, load_pictures
from instantreact.training.detector.pictures import LabelMap, MarkedPicture, PictureSet
from instantreact.training.detector.run import train_detector
from instantreact.training.metrics.captions import CaptionScores, score_captions

__all__ = [
    "BackboneWeights",
    "BoxFormat",
    "CaptionScores",
    "CaptionedClip",
    "DataFormat",
    "DetectorConfig",
    "DetectorEvaluation",
    "Evaluation",
    "LabelMap",
    "MarkedPicture",
    "PictureSet",
    "Prepared",
    "Split",
    "TrainedCaptioner",
    "TrainedDetector",
    "TrainingConfig",
    "describe_folds",
    "describe_with",
    "evaluate_baselines",
    "evaluate_descriptions",
    "evaluate_found",
    "export_bundle",
    "export_detector",
    "find_with_bundle",
    "fit_captioner",
    "fit_folds",
    "load_checkpoint",
    "load_clips",
    "load_config",
    "load_detector_checkpoint",
    "load_detector_config",
    "load_pictures",
    "of_split",
    "prepare_data",
    "save_checkpoint",
    "scene_folds",
    "score_captions",
    "train_captioner",
    "train_detector",
    "train_final",
]
