"""Contracts between the steps: the Lead specification and one Pandera schema per hand-over."""
