"""Detectors that others trained become bundles of ours: each format has a file, with its own priors and pixels."""
