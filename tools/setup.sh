#!/bin/sh
# Install what is missing on this machine:
#
#   tools/setup.sh build   what compiling needs
#   tools/setup.sh test    also what make test, lint, coverage and fuzz need: build/venv, build/locale
#   tools/setup.sh long    all that test installs, and what only make test-all needs: PyTorch, 650 MB
#   tools/setup.sh bench   what make bench needs, compiling included: build/bench-venv, and
#                          build/bench-peers as far as cargo, go, mvn and npm are there
#
# Asks apt only when something is missing, so calling it again costs nothing.
# Uses sudo ($SUDO) when not root.  On systems without apt it says what is needed
# and goes on: the packages may be there under other names.
set -eu
cd "$(dirname "$0")/.."
tier=${1-build}

# Each line of a list is one Debian 12 package.
build_packages='
gcc
libc6-dev
make
meson
ninja-build
pkgconf
python3
python3-dev
zlib1g-dev
'
test_packages='
binutils
clang
clang-format
clang-tidy
cppcheck
g++
gcovr
git
libc6-dbg
libclang-rt-14-dev
libcmocka-dev
libpython3.11-testsuite
llvm
locales
mandoc
mmdebstrap
pycodestyle
python3-venv
redis-server
shellcheck
valgrind
'
long_packages='
python3-torch
'
bench_packages='
binutils
python3-venv
'

case $tier in
build) packages=$build_packages ;;
test) packages="$build_packages $test_packages" ;;
long)
    packages="$build_packages $test_packages $long_packages"
    tier='test'
    ;;
bench) packages="$build_packages $bench_packages" ;;
*)
    echo "usage: tools/setup.sh build|test|long|bench" >&2
    exit 64
    ;;
esac

if [ "$(id -u)" -eq 0 ]; then
    sudo=
else
    sudo=${SUDO-sudo}
fi

# Networks fail now and then: three attempts, with a pause.
retry() {
    for pause in 5 20 0; do
        if "$@"; then
            return 0
        fi
        [ "$pause" -eq 0 ] || {
            echo "setup: failed: $*; again in $pause s" >&2
            sleep "$pause"
        }
    done
    return 1
}

apt() {
    # shellcheck disable=SC2086 # $sudo is empty or one word
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 \
        -o Acquire::Retries=5 "$@"
}

missing=
if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
    for package in $packages; do
        # Exactly "installed": dpkg also knows "not-installed" ones.
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
            missing="$missing $package"
    done
else
    # shellcheck disable=SC2086 # one word a package
    echo "setup: no apt here; needed, by their Debian names:" $packages >&2
fi

if [ -n "$missing" ]; then
    echo "setup: installing$missing"
    mkdir -p build
    # shellcheck disable=SC2086 # one word a package
    if ! (retry apt update && retry apt install -y --no-install-recommends $missing) \
        >build/setup.log 2>&1; then
        tail -n 40 build/setup.log >&2
        echo "setup: apt-get failed; its whole output is in build/setup.log" >&2
        exit 1
    fi
fi

# install FOLDER ARGUMENTS...: pip install, into a virtual environment.
install() {
    folder=$1
    shift
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --retries 5 \
        --timeout 60 --only-binary :all: "$@"
}

# The peers of the benchmark: in other languages, and the newest releases of those for Python.
# A list that has not changed is looked at again after a month.  What cannot be had is left out: the
# benchmark does without it.
if [ "$tier" = bench ]; then
    bench/peers/build.sh
    requirements=tools/requirements-bench.txt
    stamp=build/bench-venv/requirements.sha256
    wanted=$(sha256sum <$requirements)
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] &&
        [ -n "$(find "$stamp" -mtime -30)" ]; then
        exit 0
    fi
    echo "setup: making build/bench-venv"
    mkdir -p build
    /usr/bin/python3 -m venv build/bench-venv
    if ! install build/bench-venv --upgrade -r $requirements 2>build/setup-bench.log; then
        grep -v '^#' $requirements | while read -r peer; do
            install build/bench-venv --upgrade "$peer" 2>>build/setup-bench.log ||
                echo "setup: not measured: $peer cannot be installed (build/setup-bench.log);" \
                    'delete build/bench-venv to have it tried again' >&2
        done
    fi
    printf '%s' "$wanted" >"$stamp"
fi

[ "$tier" = test ] || exit 0

# Locales whose decimal point is none, of one byte and of two, for the tests alone: the
# system's own stay as they are.  Where they cannot be made, the test says that it is skipped.
for locale in de_DE ps_AF; do
    [ ! -d build/locale/$locale.UTF-8 ] || continue
    mkdir -p build/locale
    localedef -i $locale -f UTF-8 build/locale/$locale.UTF-8 ||
        echo "setup: localedef cannot make $locale.UTF-8; tests that want it are skipped" >&2
done

# The tests' Python packages live in build/venv, made again when the list changes.
requirements=tools/requirements-test.txt
stamp=build/venv/requirements.sha256
wanted=$(sha256sum <$requirements)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
    echo "setup: making build/venv"
    rm -rf build/venv
    mkdir -p build
    /usr/bin/python3 -m venv build/venv
    retry install build/venv -r $requirements
    printf '%s' "$wanted" >"$stamp"
fi
