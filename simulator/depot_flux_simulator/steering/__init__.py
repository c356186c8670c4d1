"""What can be steered: time, outcomes, faults, quotas; and what was called.

Plain values and their storage; HTTP is in `control_plane`.
"""
