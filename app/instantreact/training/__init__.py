"""The training toolkit: bring footage with captions, get a bundle that the service can run."""
