#!/bin/sh
# Migrates an empty SQLite database and compares it with the models. MariaDB's turn is in a test.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export AXF_DATABASE_URL="sqlite+aiosqlite:///$folder/axf.db"

.venv/bin/axf db upgrade >/dev/null
.venv/bin/axf db check
