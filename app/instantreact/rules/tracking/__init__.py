"""Follows what a detector finds from frame to frame: boxes become things, things have stays and passages. Pure."""
