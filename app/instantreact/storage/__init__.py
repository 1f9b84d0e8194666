"""Rows and blobs: the only place that speaks SQL or writes files."""
