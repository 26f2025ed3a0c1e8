#!/bin/sh
# Coverage of src/ by the C tests, the replay of the fuzz corpus, and the
# tests in Python.  Prints a table, writes build/coverage-html/index.html, and fails below
# $COVERAGE_MIN percent of lines (default 95) and $COVERAGE_BRANCHES of branches (default 85).
set -eu
cd "$(dirname "$0")/.."
minimum=${COVERAGE_MIN-95}
branches=${COVERAGE_BRANCHES-85}

tools/build.sh coverage
mkdir -p build/coverage-html
find build/coverage -name '*.gcda' -delete
meson test -C build/coverage --no-rebuild --print-errorlogs --quiet
# Not those of the Python package (test_hostile asks it in other processes): its extension is another build.  Nor
# the examples, which link the library.
tests=$(grep -L '^import brinery' tests/python/test_*.py | grep -v -e test_docs -e test_bench -e test_examples -e test_hostile)
# shellcheck disable=SC2086 # one word a file
PYTHONDONTWRITEBYTECODE=1 BRINERY=$PWD/build/coverage/cli/brinery \
    build/venv/bin/python -m pytest -q -m 'not long' -p no:cacheprovider $tests tests/cli

# The command's coverage is shown, the library's is the figure that counts.  gcovr puts a new file in the place of
# the one it is to write, even of a device.
gcovr --root . --object-directory build/coverage --filter 'cli/' --print-summary --output build/coverage/cli.txt |
    sed -n 's/^lines:/cli lines:/p'
gcovr --root . --object-directory build/coverage --filter 'src/' \
    --exclude-unreachable-branches --html-details build/coverage-html/index.html --txt - --print-summary \
    --fail-under-line "$minimum" --fail-under-branch "$branches"
