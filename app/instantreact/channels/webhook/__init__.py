"""Webhooks: alerts as signed calls to programs (Standard Webhooks)."""
