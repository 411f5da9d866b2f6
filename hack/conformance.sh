#!/usr/bin/env bash
# Runs test/conformance against the embedded Kubernetes API of the built bin/vela; arguments go to the suite, for
# example `hack/conformance.sh --tier 1`. Ends with the suite's status; its last line says how many cases passed.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
server=
finish() {
  if [[ -n $server ]]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap finish EXIT

# The answers were recorded without kubelet and scheduler: pods stay unbound long enough to be read.
bin/vela dev up --port 0 --ready-delay 20000 --kubeconfig "$folder/kubeconfig" >"$folder/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do
  [[ -s $folder/kubeconfig ]] && break
  kill -0 "$server" 2>/dev/null || break
  sleep 0.1
done
if [[ ! -s $folder/kubeconfig ]]; then
  echo 'the embedded cluster did not start:' >&2
  cat "$folder/server.log" >&2
  exit 1
fi
status=0
node test/conformance/run.mjs --kubeconfig "$folder/kubeconfig" "$@" || status=$?
if ((status != 0)); then
  echo 'what the server logged last:' >&2
  tail -20 "$folder/server.log" >&2
fi
exit "$status"
