"""A practice portal: a stand-in for Zoho's accounts server and the Zoho Projects API, with invented data.

`python -m practice_portal --port 8900` serves it; `practice_portal.server.start()` runs it in threads.
It is a product of its own and knows nothing of those who call it. See README.md beside this file.
"""
