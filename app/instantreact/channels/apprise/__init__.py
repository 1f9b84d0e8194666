"""Apprise: alerts to e-mail and a hundred services, by the library of that name."""
