# shellcheck shell=bash
# `./polystatus fuzz`: libFuzzer, which comes with Swift, over the parsers; Fuzz/Targets says what must hold for each. Sourced.

# Of a family of feeds `feed-NAME`: the same claims, each from its own corpus.
fuzz_targets=(http-connection http-head json message signature
  feed-statuspage feed-incidentio feed-google feed-aws feed-statusio feed-slack feed-instatus feed-betterstack feed-heroku feed-rss)

# In a folder of its own: the parsers are built with the fuzzer's counters.
build_fuzz() {
  local resources runtime
  resources=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
  runtime=$resources/clang/lib/linux/libclang_rt.fuzzer_no_main-$(uname -m).a
  [[ -f $runtime ]] || fail "This Swift has no libFuzzer: there is no $runtime"
  [[ -x .build-fuzz/release/fuzz ]] || echo "Building the parsers for fuzzing: about two minutes the first time."
  POLYSTATUS_FUZZ=$runtime swift_build -c release --quiet --scratch-path .build-fuzz --product fuzz
}

# Runs one target over the given files and folders.
fuzz_program() { FUZZ_TARGET=$1 nice -n 10 .build-fuzz/release/fuzz -timeout=5 -rss_limit_mb=512 "${@:2}"; }

# Prints one line for a target, more when there is a finding.
fuzz_one() {
  local target=$1 seconds=$2 status=0 work input
  work=$(mktemp -d "${TMPDIR:-/tmp}/polystatus-fuzz.XXXXXX")
  mkdir -p "$work/learned" "$home/fuzz"
  # With Swift's own report of a crash, libFuzzer would not write the input down.
  SWIFT_BACKTRACE=enable=no fuzz_program "$target" -max_total_time="$seconds" -max_len=2048 -print_final_stats=1 -dict="Fuzz/Dictionaries/${target/feed-*/feed}.dict" \
    -artifact_prefix="$home/fuzz/$target-" "$work/learned" "Fuzz/Corpus/$target" >"$work/log" 2>&1 || status=$?
  printf '%-16s %10d inputs in %d s, %4d edges reached: %s\n' "$target" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")" "$seconds" \
    "$(grep -o 'cov: [0-9]*' "$work/log" | tail -n 1 | cut -c 6-)" "$( ((status)) && echo a finding || echo nothing found)"
  if ((status)); then
    grep -E 'Fatal error|ERROR: libFuzzer' "$work/log" || tail -n 5 "$work/log"
    input=$(sed -n 's/.*Test unit written to //p' "$work/log")
    [[ -z $input ]] || printf 'Once more, with a backtrace: ./polystatus fuzz %s %s\nIts bytes in base64: %s\n' \
      "$target" "$input" "$(base64 -w 0 "$input")"
  fi
  rm -rf "$work"
  return "$status"
}

fuzz() {
  local seconds=60 chosen=() inputs=() findings=0 argument target
  for argument; do
    if [[ $argument =~ ^[1-9][0-9]{0,5}$ ]]; then
      seconds=$argument
    elif [[ " ${fuzz_targets[*]} " == *" $argument "* ]]; then
      chosen+=("$argument")
    elif [[ -f $argument ]]; then
      inputs+=("$(realpath "$argument")")
    else
      fail "fuzz takes seconds, parsers (${fuzz_targets[*]}) and files with an input, not $argument"
    fi
  done
  ((${#inputs[@]} == 0 || ${#chosen[@]} == 1)) || fail "Name the one parser that shall read the input."
  ((${#chosen[@]})) || chosen=("${fuzz_targets[@]}")
  need_packages "${cluster_packages[@]}"
  cd "$root" || return
  build_fuzz || fail "The build failed; the lines above say why."
  if ((${#inputs[@]})); then
    SWIFT_BACKTRACE=enable=yes fuzz_program "${chosen[0]}" "${inputs[@]}"
    return
  fi
  for target in "${chosen[@]}"; do fuzz_one "$target" "$seconds" || findings=$((findings + 1)); done
  ((findings == 0))
}
