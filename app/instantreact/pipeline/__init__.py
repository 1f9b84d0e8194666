"""The story of InstantReact: intake, analyze, observe, deliver, and what comes back from people."""
