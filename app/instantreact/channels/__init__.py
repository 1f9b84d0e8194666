"""How people are reached, a folder each: composes its words, sends them and, where it can, receives answers."""
