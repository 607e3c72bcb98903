"""Speaks HTTP with Zoho: OAuth, the Projects API V3, and the few calls of its older API that are still
needed.

Nothing here knows Django or our tables. What comes out are typed records (`records`) and errors that say what
has to happen next (`errors`); who reads them decides what they mean for a customer or an invoice.
"""
