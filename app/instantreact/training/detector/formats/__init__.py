"""Layouts of data sets with boxes."""
