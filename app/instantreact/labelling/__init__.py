"""Clips of one's own cameras get captions: collected into a folder, suggested, checked by people, ready for training.

A folder is one data set in the form `captions-jsonl`. What people wrote is in its `captions.jsonl`, everything else in
a journal beside it that is only ever added to, so whoever is killed loses at most the clip in hand.
"""
