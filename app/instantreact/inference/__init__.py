"""Turns the frames of a window into a caption: onnxruntime and numpy only."""
