#!/usr/bin/env bash
# Builds the real control plane of test/real-plane and prints the folder with its programs, laid out as envtest has them.
# Built once for each content and version: KUBERNETES=1.37.2 builds another one than the go.mod there names.
set -euo pipefail
cd "$(dirname "$0")/../test/real-plane"
command -v go >/dev/null || { echo 'real control plane: Go is not installed' >&2; exit 3; }
own=$(awk '/k8s.io\/kubernetes v/ { sub("v", "", $NF); print $NF; exit }' go.mod)
version=${KUBERNETES:-$own}
key=$( (cat -- *.go go.mod go.sum; echo "$version"; go version) | sha256sum | cut -c1-16)
target=${XDG_CACHE_HOME:-$HOME/.cache}/flotilla/real-plane/$version-$key
if [[ ! -x $target/kube-scheduler ]]; then
  mkdir -p "${target%/*}"
  work=$(mktemp -d "${target%/*}/.build-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mkdir "$work/source" "$work/bin"
  cp -- *.go go.mod go.sum "$work/source"
  cd "$work/source"
  if [[ $version != "$own" ]]; then
    sources=$(go mod download -json "k8s.io/kubernetes@v$version" | awk -F'"' '$2 == "GoMod" { print $4 }')
    rm go.sum
    printf 'module flotilla/test/real-plane\n\ngo 1.26.0\n' >go.mod
    go mod edit -require="k8s.io/kubernetes@v$version"
    # the modules that Kubernetes develops in its own repository
    for module in $(awk '$2 == "v0.0.0" { print $1 }' "$sources"); do
      go mod edit -replace="$module=$module@v0.${version#1.}"
    done
    etcd=$(awk '$1 == "go.etcd.io/etcd/client/v3" { print $2 }' "$sources")
    go mod edit -require="go.etcd.io/etcd/server/v3@$etcd"
    go mod tidy >&2
  fi
  echo "real control plane: building Kubernetes $version (some minutes, once)" >&2
  go build -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=v$version" -o "$work/bin/real-plane" . >&2
  for name in etcd kube-apiserver kube-controller-manager kube-scheduler; do
    ln -s real-plane "$work/bin/$name"
  done
  # another run may have built the same
  mv -T "$work/bin" "$target" 2>/dev/null || [[ -x $target/kube-scheduler ]]
fi
echo "$target"
