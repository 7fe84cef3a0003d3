# shellcheck shell=bash
# `./polystatus test`: a list of named parts, each runnable alone. Sourced.
# A part passes with exit 0, has nothing to test here with exit 77 (it says why), else fails.

parts=(
  format shell units leaks fuzz compose launcher tour demo swagger mail webhooks alertmanager feeds openfeature configuration browser canary
  faults containers
)

part_format() { swift format lint --strict --recursive Sources Tests Plugins Fuzz Package.swift; }

part_shell() {
  command -v shellcheck >/dev/null || { echo "skipped: no shellcheck here"; return 77; }
  shellcheck -x -a polystatus scripts/supervise scripts/bench/run Tests/*/run Tests/Faults/slow-clients .ci/run
}

# Four tests at a time: more would starve each other of the two cores and of their time limits.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=4

# Every warning is an error (Package.swift), and a target imports only what it declares.
build_tests() { swift_build --build-tests --explicit-target-dependency-import-check error --quiet; }

part_units() {
  local said=$TMPDIR/units status=0
  build_tests || return
  swift test --skip-build 2>&1 | tee "$said" || status=$?
  ((status == 0)) || grep -E 'recorded an issue|Fatal error|error: |: [0-9]+ (failed|issue)' "$said" | sort -u | head -50
  return "$status"
}

# LeakSanitizer, from the toolchain, over what serves connections: memory that nothing reaches any more at the end fails.
part_leaks() {
  local runtime tests
  runtime=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')/clang/lib/linux/libclang_rt.lsan-$(uname -m).a
  [[ -f $runtime ]] || { echo "skipped: this Swift has no LeakSanitizer"; return 77; }
  build_tests || return
  clang -shared -o "$TMPDIR/lsan.so" -Wl,--whole-archive "$runtime" -Wl,--no-whole-archive || return
  tests=$(swift build --show-bin-path)/PolyStatusPackageTests.xctest
  LD_PRELOAD=$TMPDIR/lsan.so "$tests" --testing-library swift-testing --filter '^(HTTPServerTests|ReactorTests)\.'
}

# Ten seconds a parser.
part_fuzz() { fuzz 10; }

# The compose file reads well under every Compose there is here.
part_compose() {
  local compose found=no
  for compose in docker-compose 'docker compose'; do
    # shellcheck disable=SC2086
    $compose version >/dev/null 2>&1 || continue
    found=yes
    # shellcheck disable=SC2086
    $compose -f docker-compose.yml config -q || return 1
    echo "$compose: docker-compose.yml is valid"
  done
  [[ $found == yes ]] || { echo "skipped: no docker-compose here"; return 77; }
}

part_launcher() { Tests/Launcher/run; }
part_tour() { Tests/Tour/run; }
part_demo() { Tests/Demo/run; }
part_swagger() { Tests/Swagger/run; }
part_feeds() { Tests/Feeds/run; }
part_webhooks() { Tests/Webhooks/run; }
part_alertmanager() { Tests/Alertmanager/run; }
part_canary() { Tests/Canary/run; }
part_browser() { Tests/Browser/run; }
part_openfeature() { Tests/OpenFeature/run; }
part_configuration() { Tests/Configuration/run; }
part_mail() { Tests/Mail/run; }
part_faults() { Tests/Faults/run "$kills"; }
part_containers() { Tests/Containers/run; }

# Sets passed, failed, report.
run_part() {
  local begun=${EPOCHREALTIME/./} status=0 verdict left pid polls
  printf '\n== %s\n' "$1"
  ("part_$1") || status=$?
  for ((polls = 0; polls < 50; polls++)); do # what has been told to end may take a moment
    mapfile -t left < <(working_in "$TMPDIR")
    ((${#left[@]})) || break
    sleep 0.1
  done
  if ((${#left[@]})); then
    for pid in "${left[@]}"; do
      echo "left running, ended now: $pid $(tr '\0' ' ' <"/proc/$pid/cmdline")"
      kill -KILL "$pid" 2>/dev/null || true
    done
    status=1
  fi
  case $status in
    0) verdict=passed passed=$((passed + 1)) ;;
    77) verdict=skipped ;;
    *) verdict=failed failed=$((failed + 1)) ;;
  esac
  report+=$(printf '%-12s %-8s %6.1f min' "$1" "$verdict" "$(((${EPOCHREALTIME/./} - begun) / 60))e-6")$'\n'
}

run_tests() {
  local chosen=("$@") kills=3 passed=0 failed=0 report='' part
  case ${1:-} in
    '') chosen=(units) ;;
    --all) chosen=("${parts[@]}") ;;
    --faults) chosen=(faults) kills=${2:-20} ;;
  esac
  for part in "${chosen[@]}"; do
    [[ " ${parts[*]} " == *" $part "* ]] || fail "The tests have no part $part. They have: ${parts[*]}"
  done
  need_packages "${cluster_packages[@]}"
  cd "$root" || return
  TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/polystatus.XXXXXX")
  export TMPDIR
  trap 'rm -rf "$TMPDIR"' EXIT
  for part in "${chosen[@]}"; do run_part "$part"; done
  printf '\n%s\n%d passed, %d failed\n' "$report" "$passed" "$failed"
  ((failed == 0))
}
