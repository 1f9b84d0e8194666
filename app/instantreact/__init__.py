"""InstantReact watches and listens to camera footage and tells the right person."""

__version__ = "0.1.0"
