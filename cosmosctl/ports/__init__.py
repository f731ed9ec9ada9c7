"""The effects that the product needs, as Protocols: what is below may be replaced without touching a decider.

Only `adapters` implement them for real. Nothing here imports anything outside the standard library.
"""
