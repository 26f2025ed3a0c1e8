# shellcheck shell=bash
# For scripts that are a list of checks, to be sourced: check NAME COMMAND... runs one and prints a line
# for it, with the end of its output if it failed; checks_end prints "N passed, N failed",
# and is false if one failed.
checks_passed=0
checks_failed=0

check() {
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        echo "ok - $name"
        checks_passed=$((checks_passed + 1))
    else
        echo "not ok - $name"
        printf '%s\n' "$output" | tail -n 300 | sed 's/^/    /'
        checks_failed=$((checks_failed + 1))
    fi
}

checks_end() {
    echo "$checks_passed passed, $checks_failed failed"
    [ "$checks_failed" -eq 0 ]
}
