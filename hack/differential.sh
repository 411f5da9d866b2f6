#!/usr/bin/env bash
# test/differential against the API of REAL_KUBECONFIG, which has no controllers, and an embedded one of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${REAL_KUBECONFIG:?set it to the kubeconfig of a real API server without controllers}"
folder=$(mktemp -d)
node --disable-warning=ExperimentalWarning --import ./hack/typescript.mjs test/differential/embedded.ts "$folder/kubeconfig" &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$folder"' EXIT
for _ in $(seq 300); do
  [[ -s $folder/kubeconfig ]] && break
  kill -0 $server || exit 1
  sleep 0.1
done
servers=(--real "$REAL_KUBECONFIG" --embedded "$folder/kubeconfig")
if [[ -n ${WRITTEN:-} ]]; then
  node test/differential/written.mjs "${servers[@]}"
  exit
fi
if [[ -n ${COMMANDS:-} ]]; then
  node test/differential/kubectl.mjs "${servers[@]}" ${HELM:+--helm "$HELM"}
  exit
fi
arguments=("${servers[@]}" --sequences "${SEQUENCES:-5}" --seed "${SEED:-1}")
[[ -z ${KIND:-} ]] || arguments+=(--kind "$KIND")
[[ -z ${TOPIC:-} ]] || arguments+=(--topic "$TOPIC")
node test/differential/run.mjs "${arguments[@]}"
