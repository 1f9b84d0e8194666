"""Watching cameras: one thread each, from the open stream to the window that is handed to the pipeline."""
