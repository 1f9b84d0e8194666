"""Asks a vision-language model behind an OpenAI-compatible endpoint what it sees. What is said is never believed."""
