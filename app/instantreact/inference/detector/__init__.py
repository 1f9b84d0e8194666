"""Finds labelled boxes in frames: whatever the architecture, its bundle tells all that serving needs to know of it."""

from instantreact.inference.detector.bundle import DetectorBundle, DetectorManifest, load_detector_bundle
from instantreact.inference.detector.detector import Detector, load_detector

__all__ = ["Detector", "DetectorBundle", "DetectorManifest", "load_detector", "load_detector_bundle"]
