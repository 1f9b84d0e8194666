"""From files and streams to windows of frames and sound."""
