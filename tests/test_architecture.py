"""Who may know whom. The arrows point one way, and the practice portal stands alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# From the top down: each may import those after it, none before it.
LAYERS = ["api", "integrations", "transactions", "timetracking", "customers", "organizations"]
OURS = [*LAYERS, "operations", "config", "practice_portal"]


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports anywhere in it, with relative ones made absolute."""
    package = list(path.relative_to(ROOT).with_suffix("").parts[:-1])
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def offences(folder: str, forbidden: list[str]) -> list[str]:
    found = set()
    for path in sources(folder):
        for module in imports(path):
            if any(module == name or module.startswith(name + ".") for name in forbidden):
                found.add(f"{path.relative_to(ROOT)} imports {module}")
    return sorted(found)


@pytest.mark.parametrize("layer", LAYERS)
def test_no_app_imports_one_above_it(layer: str) -> None:
    assert sources(layer), "the folder has moved"
    assert offences(layer, LAYERS[: LAYERS.index(layer)]) == []


def test_operations_knows_no_app_so_that_all_may_use_it() -> None:
    assert offences("operations", LAYERS) == []


def test_the_practice_portal_imports_nothing_of_ours_and_no_django() -> None:
    assert offences("practice_portal", [*LAYERS, "operations", "config", "django"]) == []


@pytest.mark.parametrize("folder", [name for name in OURS if name != "practice_portal"])
def test_nothing_of_ours_imports_the_practice_portal(folder: str) -> None:
    assert offences(folder, ["practice_portal"]) == []


def test_what_speaks_with_zoho_knows_no_django_and_no_model() -> None:
    others = [name for name in OURS if name != "integrations"]
    inside = [f"integrations.{name}" for name in ("models", "sync", "setup", "dashboard")]
    assert offences("integrations/zoho", ["django", *others, *inside]) == []


def test_a_run_does_no_http_of_its_own() -> None:
    assert offences("integrations/sync", ["requests", "urllib3", "urllib.request", "http.client"]) == []


@pytest.mark.parametrize("folder", [*OURS, "tests", "benchmarks"])
def test_files_stay_short_enough_to_be_read(folder: str) -> None:
    long = [
        f"{path.relative_to(ROOT)}: {lines} lines"
        for path in sources(folder)
        if "migrations" not in path.parts and (lines := len(path.read_text().splitlines())) > 400
    ]
    assert long == []
