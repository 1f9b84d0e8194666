"""News: one server-sent event for each thing that changes."""

from typing import Any

from instantreact.storage.news import CURSOR_PATTERN, NewsTopic

NEWS_SCHEMA: dict[str, Any] = {
    "title": "News",
    "description": "Each event. Beside news comes `gap`, when too much was missed, and ids alone, to go on after.",
    "type": "object",
    "required": ["id"],
    "properties": {
        "event": {"type": "string", "enum": [*NewsTopic, "gap"], "description": "Of what there is news."},
        "id": {"type": "string", "pattern": CURSOR_PATTERN, "description": "For Last-Event-ID."},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "change": {"enum": ["created", "changed", "ended"]},
                    "state": {"type": ["string", "null"]},
                    "camera_id": {"type": ["string", "null"]},
                    "at": {"type": "string", "format": "date-time"},
                },
            },
        },
    },
}
"""What one server-sent event of `GET /stream` is, field by field."""
