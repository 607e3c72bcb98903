"""One file per kind of record: where each value stands in Zoho's answer and which values make it
unreadable.
"""
