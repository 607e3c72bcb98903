"""The Zoho Projects API: V3 under /api/v3 and what is left of the older one under /restapi."""
