#!/bin/sh
# Makes the virtual environment $1, or says in one line what is missing for it.
set -eu
python=${PYTHON:-python3}

fail() {
    echo "$1" >&2
    exit 1
}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "Python 3.11 or newer is needed: install python3 or name another with PYTHON=…"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "Python's venv is missing: apt-get install python3-venv"
"$python" -m venv "$1"
