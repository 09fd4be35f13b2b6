"""The documents name what there is: every setting, command and dependency, in both languages."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import typer.main

from app.cli import main
from app.settings import ROOT, Settings

READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
DOCUMENTS = [*READMES, *sorted(ROOT.glob("C*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def name_of_path(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("readme", READMES, ids=name_of_path)
def test_a_readme_lists_exactly_the_settings_there_are(readme: Path) -> None:
    listed = re.findall(r"^\| `(AXF_\w+)`", readme.read_text(), flags=re.M)

    assert sorted(listed) == sorted(f"AXF_{name}".upper() for name in Settings.model_fields)


@pytest.mark.parametrize("readme", READMES, ids=name_of_path)
def test_a_readme_says_the_settings_defaults(readme: Path) -> None:
    rows = dict(re.findall(r"^\| `AXF_(\w+)` \| `([^`]+)` \|", readme.read_text(), flags=re.M))
    plain = {
        name.upper(): str(field.default)
        for name, field in Settings.model_fields.items()
        if isinstance(field.default, str | int) and field.default != "" and name != "database_url"
    }

    assert {name: rows[name] for name in plain} == plain


@pytest.mark.parametrize("readme", READMES, ids=name_of_path)
def test_a_readme_says_why_each_dependency_is_there(readme: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"].values()
    wanted = [*project["project"]["dependencies"], *(name for group in groups for name in group)]
    packages = [re.split(r"[\[<>=]", name)[0] for name in wanted]
    packages += json.loads((ROOT / "package.json").read_text())["dependencies"]

    assert [name for name in packages if f"`{name}`" not in readme.read_text()] == []


@pytest.mark.parametrize("readme", READMES, ids=name_of_path)
def test_a_readme_lists_every_command(readme: Path) -> None:
    commands = typer.main.get_command(main).commands  # type: ignore[attr-defined]

    assert [name for name in commands if f"`axf {name}" not in readme.read_text()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of_path)
def test_what_a_document_links_to_is_there(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of_path)
def test_a_document_names_only_targets_that_can_be_made(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = re.findall(r"\bmake ([a-z]+)\b(?=[`\s]*(?:`|#|$))", document.read_text(), flags=re.M)

    assert [target for target in named if f"\n{target}:" not in makefile] == []


def test_the_english_and_the_chinese_readme_have_the_same_sections() -> None:
    counts = [len(re.findall(r"^## |^\| ", path.read_text(), flags=re.M)) for path in READMES]

    assert counts[0] == counts[1]
