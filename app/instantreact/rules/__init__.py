"""Whether a rule holds for an observation: pure functions, no clock, no database."""
