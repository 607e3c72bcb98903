"""One file per synced entity: its source, its mapping and its refusals."""
