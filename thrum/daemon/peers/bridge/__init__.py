"""Mail between repositories that are paired without sharing their logs.

What is for a peer's agents becomes a `Letter`, and what they read of ours a `Reading`; the other
side makes local events of them, in the name of agents that stand for those of the peer.
"""
