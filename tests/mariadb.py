"""A private, throw-away MariaDB: own data folder, own socket, no network, gone afterwards."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def find_program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise RuntimeError(f"{name} is not installed; `make test` installs it")
    return found


@contextmanager
def run_mariadb() -> Iterator[str]:
    """Start a server and yield the URL of its empty database `axf`."""
    folder = Path(
        tempfile.mkdtemp(prefix="axf-mariadb-", dir="/tmp")
    )  # short: sockets hold 107 characters
    server: subprocess.Popen[bytes] | None = None
    try:
        _initialise(folder)
        server = _start(folder)
        _wait_until_it_answers(server, folder)
        yield f"mysql+aiomysql://{_owner()}@localhost/axf?unix_socket={folder}/socket&charset=utf8mb4"
    finally:
        if server is not None:
            server.kill()  # nothing in it is worth a clean shutdown
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _owner() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


def _initialise(folder: Path) -> None:
    subprocess.run(
        [
            find_program("mariadb-install-db"),
            "--no-defaults",
            f"--datadir={folder}/data",
            # A server that starts deletes what others keep in a folder they share.
            f"--tmpdir={folder}",
            f"--user={_owner()}",
            "--auth-root-authentication-method=socket",
            f"--auth-root-socket-user={_owner()}",
            "--skip-test-db",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _start(folder: Path) -> subprocess.Popen[bytes]:
    (folder / "init.sql").write_text("CREATE DATABASE axf;\n")
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [
                find_program("mariadbd"),
                "--no-defaults",
                f"--datadir={folder}/data",
                f"--tmpdir={folder}",
                f"--socket={folder}/socket",
                f"--pid-file={folder}/pid",
                f"--init-file={folder}/init.sql",
                f"--user={_owner()}",
                "--skip-networking",
                "--max-connections=300",
                "--innodb-buffer-pool-size=64M",
                "--innodb-flush-log-at-trx-commit=0",
                "--performance-schema=OFF",
                # What production servers have, so that tests see what they would refuse.
                "--sql-mode=STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION",
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _wait_until_it_answers(server: subprocess.Popen[bytes], folder: Path) -> None:
    log = folder / "log"
    for _ in range(300):
        if b"ready for connections" in log.read_bytes() and (folder / "socket").exists():
            return
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"MariaDB did not start:\n{log.read_text(errors='replace')[-2000:]}")
