"""The values everything else talks about: frozen, typed, free of I/O."""
