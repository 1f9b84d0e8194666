"""Finds people's joints in single frames, and scores falls and lying by them: geometry, nothing trained on either."""

from instantreact.inference.poses.bundle import PosesBundle, PosesManifest, load_poses_bundle
from instantreact.inference.poses.estimator import PoseEstimator, load_poses

__all__ = ["PoseEstimator", "PosesBundle", "PosesManifest", "load_poses", "load_poses_bundle"]
