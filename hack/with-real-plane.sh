#!/usr/bin/env bash
# Runs a command beside a real control plane of its own; REAL_KUBECONFIG names the kubeconfig.
set -euo pipefail
programs=$("$(dirname "$0")/real-plane.sh")
folder=$(mktemp -d)
"$programs/real-plane" up --folder "$folder" >"$folder/log" 2>&1 &
plane=$!
trap 'kill $plane 2>/dev/null; wait $plane 2>/dev/null || true; rm -rf "$folder"' EXIT
for _ in $(seq 1200); do
  [[ -s $folder/kubeconfig ]] && break
  kill -0 $plane || { cat "$folder"/*log >&2; exit 1; }
  sleep 0.1
done
[[ -s $folder/kubeconfig ]] || { tail -20 "$folder"/*log >&2; exit 1; }
REAL_KUBECONFIG=$folder/kubeconfig "$@"
