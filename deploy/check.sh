#!/bin/sh
# Every check that needs no server, in order of speed. usage: check.sh BIN MEMBER...
set -eu
bin=$1
shift

step() { printf '%s\n' "- $1"; }

step "form"
"$bin/ruff" format --check --quiet .
"$bin/ruff" check --quiet .
step "architecture"
"$bin/lint-imports" --no-logo >/tmp/lint-imports.$$ 2>&1 || { cat /tmp/lint-imports.$$; rm /tmp/lint-imports.$$; exit 1; }
rm -f /tmp/lint-imports.$$
step "dead code"
"$bin/vulture" libs services deploy/local --exclude '*/migrations/*,*/tests/*'
step "types"
packages=""
for member in "$@"; do
    packages="$packages $(sed -n "s|^module-name = \"\(.*\)\"|$member/\1|p" "$member/pyproject.toml")"
done
# shellcheck disable=SC2086
"$bin/mypy" $packages
step "dependencies"
for member in "$@"; do
    (cd "$member" && "$OLDPWD/$bin/deptry" . --known-first-party "$(basename "$member")" \
        >/dev/null 2>/tmp/deptry.$$) || { cat /tmp/deptry.$$; rm -f /tmp/deptry.$$; exit 1; }
    rm -f /tmp/deptry.$$
done
step "house rules"
"$bin/python" -m pytest -q tests/house_rules
