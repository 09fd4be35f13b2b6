#!/bin/sh
# Makes sure that the programs the tests drive are there: MariaDB's server, of which the suite runs
# a private copy, and Chromium with what drives it. Only binaries: no service is set up or started.
set -eu
PATH="$PATH:/usr/sbin:/usr/local/sbin"

has() {
    command -v "$1" >/dev/null 2>&1
}

missing() {
    has mariadbd && has mariadb-install-db || echo mariadb-server-core
    has my_print_defaults || echo mariadb-client-core
    has chromium || echo chromium
    # Playwright's own node, which speaks to Chromium, is linked against it.
    ldconfig -p | grep -q 'libatomic\.so\.1' || echo libatomic1
}

packages=$(missing | tr '\n' ' ')
[ -n "$packages" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=
elif has sudo && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    as_root=none
fi
if [ "$as_root" = none ] || ! has apt-get; then
    echo "The tests run on MariaDB and in Chromium too; as root: apt-get install $packages" >&2
    exit 1
fi

echo "Installing for the tests: $packages"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # the words are meant to be split
if ! { $as_root apt-get update -qq &&
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq --no-install-recommends $packages; } >"$log" 2>&1 </dev/null; then
    tail -n 5 "$log" >&2
    echo "Could not install what the tests need: $packages" >&2
    exit 1
fi
if [ -n "$(missing)" ]; then
    echo "Installed, but still not found:" $(missing) >&2
    exit 1
fi
