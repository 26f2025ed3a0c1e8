#!/bin/bash
# The stubs of the Python package, judged by mypy for every Python they are for, and against
# the built module (build/python/site) by mypy's stubtest: a keyword, name or default that
# only one side has is an error.
#
# Prints a line for each check; the last line is "N passed, N failed".
set -eu
cd "$(dirname "$0")/.."
root=$PWD
site=$root/build/python/site
bin=$root/build/venv/bin
# shellcheck source=tools/checks.sh
. tools/checks.sh

mypy() {
    MYPYPATH=python "$bin/mypy" --strict --cache-dir=build/mypy --python-version="$1" \
        python/brinery/*.pyi tests/typing
}

# Not from the project's folder: python/brinery there would be found as well.
stubtest() {
    mkdir -p build/mypy
    (cd build/mypy && MYPYPATH=$site PYTHONPATH=$site "$bin/stubtest" --concise brinery)
}

for version in 3.10 3.11 3.12 3.13 3.14 3.15; do
    check "types for Python $version" mypy "$version"
done
check 'the stubs say what the module has' stubtest

checks_end
