#!/usr/bin/env bash
# The admission policies of an installation, compiled and asked by kube-apiserver's own library. Needs Go and kubectl.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
export KUBECONFIG=$work/kubeconfig
bin/vela dev up --port 0 --kubeconfig "$KUBECONFIG" >"$work/log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 300); do
  [[ -s $KUBECONFIG ]] && break
  kill -0 $server || { cat "$work/log" >&2; exit 1; }
  sleep 0.1
done
bin/vela install --set sharding.enabled=true >>"$work/log"
mkdir "$work/policies" "$work/openapi"
for kind in validatingadmissionpolicies validatingadmissionpolicybindings mutatingadmissionpolicies mutatingadmissionpolicybindings \
  validatingwebhookconfigurations mutatingwebhookconfigurations; do
  kubectl get "$kind" -o json >"$work/policies/$kind.json"
done
kubectl get --raw /openapi/v3/apis/core.oam.dev/v1beta1 >"$work/openapi/apis__core.oam.dev__v1beta1_openapi.json"
cd test/policies
POLICIES=$work/policies OPENAPI=$work/openapi go test -count=1 ./... "$@"
