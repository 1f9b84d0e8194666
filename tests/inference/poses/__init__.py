"""Joints, and what falls are told by."""
