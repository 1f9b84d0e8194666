"""Queued work: rows that are put in the transaction they follow from, handed out, run, retried, buried."""
