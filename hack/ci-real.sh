#!/usr/bin/env bash
# What CI runs on a real control plane. Ends within LIMIT seconds (default 10 minutes) once it is built.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v go >/dev/null || { echo 'real control plane: skipped, Go is not installed'; exit 0; }
KUBEBUILDER_ASSETS=$(hack/real-plane.sh)
export KUBEBUILDER_ASSETS
bounded() { timeout --kill-after=30 "${LIMIT:-600}" "$@"; }
tests='TEST_KUBECONFIG=$REAL_KUBECONFIG exec npm test -- --forceExit --runInBand'
bounded hack/with-real-plane.sh bash -c "$tests test/integration/fencing.test.ts test/integration/stale-writers.test.ts test/integration/assignment.test.ts"
ROUNDS=1 APPS=${APPS:-20} SHARDS=3 DURATION=${DURATION:-20} CHANGES=4 bounded \
  node --disable-warning=ExperimentalWarning --import ./hack/typescript.mjs test/chaos/main.ts
