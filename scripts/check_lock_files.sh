#!/bin/sh
# Lock files hold versions and hashes, but no address: each user's own registry or mirror is asked.
set -eu
files="requirements/run.txt requirements/dev.txt requirements/node.txt package-lock.json"

# shellcheck disable=SC2086 # the names are meant to be split
if grep -nE '[a-z+]+://|"resolved"|--(extra-)?index-url|--find-links' $files; then
    echo "Lock files must not name an address" >&2
    exit 1
fi
echo "The lock files name no address."
