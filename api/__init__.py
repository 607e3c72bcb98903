"""The REST API: documents, projects and the state of the integration for other programs."""
