#!/bin/sh
# Makes the project's own environment. Needs Python 3.11+ with venv; touches nothing outside.
# usage: setup.sh VENV MEMBER...
set -eu
venv=$1
shift

python=""
for candidate in "${PYTHON:-}" python3.14 python3.13 python3.12 python3.11 python3; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Labelwright needs Python 3.11 or newer: none was found (set PYTHON=/path/to/python3)." >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "$python has no venv: install it (Debian, Ubuntu: the package python3-venv)." >&2
    exit 1
fi

[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"

# uv itself comes by the lock too: pip installs that one entry, hashes and all.
if [ ! -x "$venv/bin/uv" ]; then
    echo "Fetching uv ..."
    entry=$(mktemp)
    trap 'rm -f "$entry"' EXIT
    awk '/^uv==/ {inside = 1} /^[^ ]/ && !/^uv==/ {inside = 0} inside && !/^ *#/' \
        requirements.lock >"$entry"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
        --require-hashes -r "$entry"
fi

# What the user told pip about indexes and certificates holds for uv too.
pip_setting() { "$venv/bin/python" -m pip config get "$1" 2>/dev/null || true; }
index=${PIP_INDEX_URL:-$(pip_setting global.index-url)}
extra=${PIP_EXTRA_INDEX_URL:-$(pip_setting global.extra-index-url)}
cert=${PIP_CERT:-$(pip_setting global.cert)}
[ -z "$index" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
[ -z "$extra" ] || export UV_INDEX="${UV_INDEX:-$extra}"
[ -z "$cert" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$cert}"
export UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT="$venv" VIRTUAL_ENV="$PWD/$venv"

echo "Installing by requirements.lock ..."
"$venv/bin/uv" pip sync --quiet --require-hashes requirements.lock
editable=""
for member in "$@"; do editable="$editable -e $member"; done
# shellcheck disable=SC2086
"$venv/bin/uv" pip install --quiet --no-deps $editable
