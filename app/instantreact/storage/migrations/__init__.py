"""The history of the tables: one module per step, run by `storage.migrate`.

`python -m instantreact.storage.migrations "what changes"` writes the next one.
"""
