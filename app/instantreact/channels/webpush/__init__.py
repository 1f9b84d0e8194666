"""Web Push: alerts in a browser that somebody signed in with, encrypted for it alone (RFC 8030, 8291, 8292)."""
