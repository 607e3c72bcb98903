"""./run chooses by its first word and asks for nothing but Python."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings

SCRIPT = settings.BASE_DIR / "run"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """./run as a module that prepares nothing and notes what it would become."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader = SourceFileLoader("run_script", str(SCRIPT))
    module = module_from_spec(spec_from_loader("run_script", loader))  # type: ignore[arg-type]
    loader.exec_module(module)
    module.prepared = []
    monkeypatch.setattr(module, "prepare", module.prepared.append)
    monkeypatch.setattr(module, "browser_or_explain", lambda: module.prepared.append("browser"))
    module.became = []
    monkeypatch.setattr(module, "become", lambda *command: module.became.append(list(map(str, command[1:]))))
    return module


@pytest.mark.parametrize(
    ("words", "prepared", "became"),
    [
        ([], ["base"], ["manage.py", "up"]),
        (["manage", "migrate", "--plan"], ["base"], ["manage.py", "migrate", "--plan"]),
        (["test", "-q", "tests/config"], ["dev", "browser"], ["-m", "pytest", "-q", "tests/config"]),
        (["test", "-m", "not browser"], ["dev"], ["-m", "pytest", "-m", "not browser"]),
    ],
)
def test_the_first_word_decides(
    script: Any, words: list[str], prepared: list[str], became: list[str]
) -> None:
    script.main(words)
    assert script.prepared == prepared
    assert script.became == [became]


def test_an_unknown_word_shows_the_words_it_knows() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT), "dance"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert "./run test" in done.stderr


def test_it_imports_the_standard_library_only() -> None:
    names = set()
    for node in ast.walk(ast.parse(SCRIPT.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module).split(".")[0])
    assert names <= sys.stdlib_module_names


def test_the_requirements_name_no_package_host_and_have_hashes() -> None:
    for name in ("base", "dev", "e2e"):
        text = (settings.BASE_DIR / "requirements" / f"{name}.txt").read_text()
        assert "://" not in text
        assert "--index" not in text
        assert text.count("--hash=sha256:") > text.count("==")
