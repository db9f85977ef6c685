#!/usr/bin/env bash
# Asks a running service everything that its openapi.yaml allows and much that it does not: no 5xx, no undocumented status, type or shape.
#
#   deploy/fuzz/api.sh [BINARY]     EXAMPLES=25 SEED=… RATE=18/s
#
# Schemathesis does the asking; it is installed into a virtual environment of its own where it is missing. Needs python3.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=${1:-bin/vitrine}
version=4.32.5
dir=$(mktemp -d)
pid=
finish() { [ -z "$pid" ] || { kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; }; rm -rf "$dir"; }
trap finish EXIT

st=$(command -v schemathesis || true)
if [ -z "$st" ]; then
  venv=${XDG_CACHE_HOME:-$HOME/.cache}/vitrine-schemathesis-$version
  [ -x "$venv/bin/schemathesis" ] || { python3 -m venv "$venv" && "$venv/bin/pip" install -q "schemathesis==$version"; }
  st=$venv/bin/schemathesis
fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$bin" serve --demo --data "$dir/data" --addr "127.0.0.1:$port" >"$dir/out" 2>&1 &
pid=$!
for _ in $(seq 300); do
  grep -q 'Vitrine is ready' "$dir/out" && break
  kill -0 "$pid" 2>/dev/null || { cat "$dir/out"; exit 1; }
  sleep 0.2
done
token=$("$bin" token --data "$dir/data" --sub ali-brews --partner shanque \
  --scope "window:read window:any picks:write catalog:write orders:write metrics:read moderate")
cd "$dir"
SCHEMATHESIS_HOOKS=ndjson PYTHONPATH=$here "$st" run "http://127.0.0.1:$port/openapi.yaml" --header "Authorization: Bearer $token" \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance \
  --max-examples "${EXAMPLES:-25}" --rate-limit "${RATE:-18/s}" --continue-on-failure ${SEED:+--seed "$SEED"}
