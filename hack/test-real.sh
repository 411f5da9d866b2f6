#!/usr/bin/env bash
# Tests against the control plane of REAL_KUBECONFIG, which is emptied. REAL_TESTS names the integration tests.
set -euo pipefail
: "${REAL_KUBECONFIG:?set it to a kubeconfig, or REAL=1 for a control plane of its own}"
npm test -- --forceExit test/e2e/fleet.real.test.ts
read -ra tests <<<"${REAL_TESTS:-}"
unset REAL_TESTS
TEST_KUBECONFIG=$REAL_KUBECONFIG npm test -- --forceExit --runInBand "${tests[@]}"
