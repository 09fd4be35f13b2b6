"""The line at the end of a run that says on what the tests ran."""

import sqlite3
import subprocess

from _pytest.terminal import TerminalReporter

from tests.mariadb import find_program


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    passed = [report.nodeid for report in terminalreporter.stats.get("passed", [])]
    ran = {
        f"SQLite {sqlite3.sqlite_version}": [
            test for test in passed if "sqlite" in _parameters(test)
        ],
        _version_of("mariadbd"): [test for test in passed if "mariadb" in _parameters(test)],
        _version_of("chromium"): [test for test in passed if test.startswith("tests/browser/")],
    }
    parts = [f"{len(tests)} on {name}" for name, tests in ran.items()]
    terminalreporter.write_line(f"Passed: {', '.join(parts)}, {len(passed)} in all.")


def _parameters(test: str) -> str:
    return test.partition("[")[2]


def _version_of(program: str) -> str:
    """Name and number of a program, or that it is missing: a summary must not fail the run."""
    try:
        said = subprocess.run(
            [find_program(program), "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (RuntimeError, OSError, subprocess.CalledProcessError):
        return f"{program} (not found)"
    if program == "chromium":
        return " ".join(said.split()[:2])
    return f"MariaDB {said.split('Ver ')[1].split('-')[0]}"
