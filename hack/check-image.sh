#!/usr/bin/env bash
# Assembles the file system of the image and runs its programs from it, with an empty environment.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
node hack/image-root.mjs "$folder"
app=$folder/image/app
run() { env -i PATH="$PATH" HOME="$folder" "$@"; }

run "$app/bin/vela-core" --help | grep -q -- '--shard-id'
run "$app/bin/vela" version | grep -q Flotilla
run "$app/bin/vela" install --dry-run >"$folder/manifests"
grep -q 'kind: Deployment' "$folder/manifests"
if run "$app/bin/vela" dev up 2>"$folder/refusal"; then echo 'the embedded cluster is in the image' >&2 && exit 1; fi
grep -q 'not part of this installation' "$folder/refusal"
for absent in node_modules/lmdb node_modules/typescript node_modules/jest dist/devcluster devcluster; do
  [[ ! -e $app/$absent ]] || { echo "$absent is in the image" >&2 && exit 1; }
done
size=$(du -sm "$app" | cut -f1)
echo "image above its base: $size MB, $(cd "$app" && npm ls --all --parseable 2>/dev/null | wc -l) packages"
((size <= 120)) || { echo 'larger than 120 MB' >&2 && exit 1; }
