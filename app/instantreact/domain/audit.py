"""What the audit log tells of."""

from enum import StrEnum


class AuditAction(StrEnum):
    """What somebody did.

    saw        media, a live view, an export
    changed    something that is stored, or began to push frames
    answered   an alert
    signed_in  by a password or otherwise; keys come with every request
    refused    showed a wrong key or link, or may not do what they tried
    """

    SAW = "saw"
    CHANGED = "changed"
    ANSWERED = "answered"
    SIGNED_IN = "signed_in"
    REFUSED = "refused"
