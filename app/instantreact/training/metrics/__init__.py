"""How good captions and scores are."""
