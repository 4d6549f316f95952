"""Leadmill: exports of many systems in, one trustworthy lead table out."""
