"""Measurements of the service and its parts; each prints its figures and the command is in its docstring."""
