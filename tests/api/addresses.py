"""Names of the API's addresses, for the table in `tests/every_address.py`."""


def calls():
    """Every call of the API, under both its roots: they know tokens; and what `tests/api` tries besides."""
    from api.main import api

    names = {"openapi-json", "api-root"}
    for router in api._get_bound_routers():
        for path in router.path_operations.values():
            names |= {operation.url_name for operation in path.operations}
    return {f"{root}:{name}" for root in ("api", "books") for name in names} | {
        "oauth_token",
        "document_attachment",
    }
