#!/bin/sh
# Writes requirements/*.txt and package-lock.json anew: the newest versions that pyproject.toml and
# package.json allow, with hashes and without any registry's address.
set -eu
temporary=.venv-lock
export UV_PYTHON_DOWNLOADS=never

trap 'rm -rf "$temporary"' EXIT
sh scripts/make_venv.sh "$temporary"
"$temporary/bin/python" -m pip --disable-pip-version-check install --quiet uv

lock() {
    "$temporary/bin/uv" pip compile --quiet --upgrade --universal --python-version 3.11 \
        --generate-hashes --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links "$@"
}

lock pyproject.toml --group build -o requirements/run.txt
lock pyproject.toml --group build --group dev -c requirements/run.txt -o requirements/dev.txt
lock --group node -o requirements/node.txt

if npm --version >/dev/null 2>&1; then
    mkdir "$temporary/npm"
    cp package.json "$temporary/npm/"
    (cd "$temporary/npm" && npm install --package-lock-only --ignore-scripts \
        --omit-lockfile-registry-resolved --no-audit --no-fund --loglevel=error >/dev/null)
    cp "$temporary/npm/package-lock.json" .
else
    echo "No npm here: package-lock.json was left as it is." >&2
fi
sh scripts/check_lock_files.sh
