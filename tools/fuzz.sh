#!/bin/sh
# Fuzz the libFuzzer targets of build/fuzz (tools/build.sh fuzz makes them).
#
#   tools/fuzz.sh SECONDS [TARGET...]  SECONDS in all, split evenly over the targets
#   tools/fuzz.sh --merge [TARGET...]  copy into fuzz/corpus/TARGET what was found in earlier runs
#                                      and reaches code that nothing kept reaches
#
# $FUZZ_JOBS targets (default 1) run at a time; then SECONDS is still the time
# on the clock.  New inputs collect in build/fuzz-corpus/TARGET, from run to run; inputs that
# crash go to build/fuzz-crashes.  The last line is "N passed, N failed", of targets.
set -eu
cd "$(dirname "$0")/.."

bin=build/fuzz/fuzz
jobs=${FUZZ_JOBS-1}
merge=
seconds=0
case ${1-} in
--merge) merge=1 ;;
'' | *[!0-9]*)
    echo "usage: tools/fuzz.sh SECONDS|--merge [TARGET...]" >&2
    exit 64
    ;;
*) seconds=$1 ;;
esac
shift

if [ $# -eq 0 ]; then
    for source in fuzz/fuzz_*.c; do
        [ -f "$source" ] || continue
        set -- "$@" "$(basename "$source" .c)"
    done
    set -- "$@" fuzz_safe # fuzz_python.c with other questions
fi
if [ $# -eq 0 ]; then
    echo "fuzz: there are no targets" >&2
    exit 1
fi
for target in "$@"; do
    [ -x "$bin/$target" ] || {
        echo "fuzz: $bin/$target is not there: run tools/build.sh fuzz" >&2
        exit 1
    }
done

logs=build/fuzz-logs
crashes=build/fuzz-crashes
mkdir -p $logs $crashes
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 PYTHONMALLOC=malloc
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1

if [ -n "$merge" ]; then
    for target in "$@"; do
        new=build/fuzz-corpus/$target
        kept=fuzz/corpus/$target
        [ -d "$new" ] || continue
        mkdir -p "$kept"
        before=$(find "$kept" -type f | wc -l)
        "$bin/$target" -merge=1 -max_len=4096 "$kept" tests/corpus "$new" \
            >"$logs/$target.merge.log" 2>&1
        echo "$target: $before kept before, $(find "$kept" -type f | wc -l) now"
    done
    exit 0
fi

each=$((seconds * jobs / $#))
[ "$each" -ge 1 ] || each=1

run_one() {
    target=$1
    mkdir -p "build/fuzz-corpus/$target"
    set -- "build/fuzz-corpus/$target"
    for seeds in "fuzz/corpus/$target" tests/corpus; do
        if [ -d "$seeds" ]; then set -- "$@" "$seeds"; fi
    done
    if [ -f "fuzz/$target.dict" ]; then set -- "-dict=fuzz/$target.dict" "$@"; fi
    if [ -f fuzz/pickle.dict ]; then set -- -dict=fuzz/pickle.dict "$@"; fi
    # An interpreter keeps what it has made once: leaks of the extension are counted by the target.
    leaks=1
    case $target in fuzz_python | fuzz_safe) leaks=0 ;; esac
    if ASAN_OPTIONS=detect_leaks=$leaks:allocator_may_return_null=1 \
        "$bin/$target" -detect_leaks=$leaks -max_total_time="$each" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$crashes/$target-" "$@" >"$logs/$target.log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$logs/$target.log")
        # Zero runs would be a target that tests nothing.
        if [ "${runs:-0}" -gt 0 ]; then
            echo "ok - $target: $runs runs in $each s"
            return 0
        fi
    fi
    echo "not ok - $target:"
    tail -n 60 "$logs/$target.log"
}

# Results pass through files: the targets run in subshells.
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
running=0
for target in "$@"; do
    run_one "$target" >"$results/$target" &
    running=$((running + 1))
    if [ "$running" -ge "$jobs" ]; then
        wait
        running=0
    fi
done
wait
cat "$results"/*
passed=$(cat "$results"/* | grep -c '^ok - ' || true)
failed=$(($# - passed))
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
