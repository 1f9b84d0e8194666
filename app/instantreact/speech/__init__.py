"""From sound to words: voice activity, recognisers behind one protocol, and what was heard in each window."""
