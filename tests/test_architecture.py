"""The rules that keep the code simple, checked instead of remembered."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import ROOT

APP, TESTS = ROOT / "app", ROOT / "tests"
MOST_LINES = 250

# Each layer may import only the layers named here, and pieces of itself.
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "settings": set(),
    "engine": set(),
    "server": set(),
    "logs": set(),
    "models": set(),
    "ddl": set(),
    "i18n": {"errors", "settings"},
    "security": {"errors", "settings"},
    "forms": {"errors"},
    "picture_worker": set(),
    "pictures": {"errors"},
    "storage": {"settings", "storage_s3"},
    "storage_s3": {"errors", "settings", "storage"},
    "uploads": {"errors", "forms", "pictures"},
    "db": {"engine", "errors", "models"},
    "providers": {"errors", "security", "settings"},
    "services": {
        "db",
        "errors",
        "models",
        "pictures",
        "providers",
        "security",
        "settings",
        "storage",
    },
    "templating": {"i18n", "settings"},
    "middleware": {"i18n"},
    "deps": {
        "db",
        "errors",
        "i18n",
        "models",
        "providers",
        "security",
        "services",
        "settings",
        "storage",
        "uploads",
    },
    "error_handlers": {"deps", "errors", "i18n", "templating"},
    "routers": {
        "deps",
        "errors",
        "forms",
        "i18n",
        "models",
        "pictures",
        "providers",
        "security",
        "services",
        "settings",
        "storage",
        "templating",
        "uploads",
    },
    "background": {"db", "errors", "models", "providers", "services", "settings", "storage"},
    "main": {
        "background",
        "db",
        "deps",
        "error_handlers",
        "middleware",
        "providers",
        "routers",
        "settings",
        "storage",
        "templating",
        "uploads",
    },
    "cli": {
        "background",
        "db",
        "engine",
        "errors",
        "forms",
        "i18n",
        "logs",
        "models",
        "providers",
        "security",
        "server",
        "services",
        "settings",
        "storage",
    },
}
MODULES = sorted(APP.rglob("*.py"))
ROUTERS = sorted((APP / "routers").rglob("*.py"))
SERVICES = sorted((APP / "services").rglob("*.py"))
TEST_MODULES = sorted(TESTS.rglob("test_*.py"))


def name_of_path(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imports_of(path: Path) -> Iterator[str]:
    """Dotted names of all imported modules, also of those imported inside functions."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "app":
            yield from (f"app.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def layer_of(path: Path) -> str:
    return path.relative_to(APP).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=name_of_path)
def test_imports_point_downwards(path: Path) -> None:
    layer = layer_of(path)
    used = {name.split(".")[1] for name in imports_of(path) if name.startswith("app.")}

    assert layer == "__init__" or used <= MAY_IMPORT[layer] | {layer}


@pytest.mark.parametrize("path", ROUTERS, ids=name_of_path)
def test_routers_leave_queries_to_services(path: Path) -> None:
    assert "sqlalchemy" not in path.read_text()


@pytest.mark.parametrize("path", ROUTERS, ids=name_of_path)
def test_routers_catch_nothing(path: Path) -> None:
    assert [node.lineno for node in ast.walk(tree_of(path)) if isinstance(node, ast.Try)] == []


@pytest.mark.parametrize("path", SERVICES, ids=name_of_path)
def test_services_know_neither_http_nor_templates(path: Path) -> None:
    roots = {name.split(".")[0] for name in imports_of(path)}

    assert roots & {"fastapi", "starlette", "jinja2", "uvicorn"} == set()


@pytest.mark.parametrize("path", SERVICES, ids=name_of_path)
def test_services_count_money_in_whole_fen(path: Path) -> None:
    calls = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]

    assert [call.lineno for call in calls if ast.unparse(call.func) == "float"] == []


def test_only_the_database_door_commits() -> None:
    offenders = {path.name for path in MODULES if ".commit(" in path.read_text()}

    assert offenders == {"db.py"}


def handlers_of(path: Path) -> Iterator[tuple[ast.AsyncFunctionDef | ast.FunctionDef, set[str]]]:
    """The routes in a module, each with its HTTP methods."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef):
            methods = {
                decorator.func.attr
                for decorator in node.decorator_list
                if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute)
            }
            if methods:
                yield node, methods


@pytest.mark.parametrize("path", ROUTERS, ids=name_of_path)
def test_only_a_post_changes_anything(path: Path) -> None:
    for handler, methods in handlers_of(path):
        writes = {node.attr for node in ast.walk(handler) if isinstance(node, ast.Attribute)} & {
            "write",
            "write_keyed",
        }

        assert methods in ({"get"}, {"post"}), handler.name
        assert methods == {"post"} or not writes, handler.name


@pytest.mark.parametrize("path", ROUTERS, ids=name_of_path)
def test_routes_do_not_wait_in_a_thread(path: Path) -> None:
    assert [
        handler.name for handler, _ in handlers_of(path) if isinstance(handler, ast.FunctionDef)
    ] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of_path)
def test_a_module_is_short_and_says_what_it_holds(path: Path) -> None:
    assert ast.get_docstring(tree_of(path)) or not path.read_text()
    assert len(path.read_text().splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", TEST_MODULES, ids=name_of_path)
def test_no_test_is_forgotten_for_its_name(path: Path) -> None:
    """A function that is neither a test nor used by one was meant to be a test."""
    tree = tree_of(path)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    forgotten = [
        node.name
        for node in tree.body
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)
        and not node.name.startswith("test_")
        and not node.decorator_list
        and node.name not in used
    ]

    assert forgotten == []
    assert ast.get_docstring(tree)


def test_every_file_with_tests_is_collected() -> None:
    strays = [
        name_of_path(path)
        for path in TESTS.rglob("*.py")
        if path not in TEST_MODULES and "\ndef test_" in path.read_text().replace("async ", "")
    ]

    assert strays == []
