"""Alerts on a stream of text."""
