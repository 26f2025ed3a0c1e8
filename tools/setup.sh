#!/bin/sh
# Install what is missing on this machine:
#
#   tools/setup.sh build   what compiling needs
#   tools/setup.sh test    also what make test, lint, coverage and fuzz need: build/venv, build/locale
#   tools/setup.sh system  of these what Debian has; make test makes the rest while it compiles
#   tools/setup.sh long    all that test installs, and what only make test-all needs: PyTorch, compilers for
#                          other processors and an emulator of them, 1 GB, and build/older-venv,
#                          libraries as they were some years ago
#   tools/setup.sh bench   what make bench needs, compiling included: build/bench-venv, and
#                          build/bench-peers as far as cargo, go, mvn and npm are there
#   tools/setup.sh scanners  what tools/compare_scanners.py needs: build/scan-venv,
#                          build/older-venv
#
# Asks apt only when something is missing, so calling it again costs nothing.
# Uses sudo ($SUDO) when not root.  On systems without apt it says what is needed
# and goes on: the packages may be there under other names.
set -eu
cd "$(dirname "$0")/.."
tier=${1-build}
asked=$tier

# Each line of a list is one Debian 12 package.
build_packages='
gcc
libbz2-dev
libc6-dev
liblz4-dev
liblzma-dev
libzstd-dev
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
ccache
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
lz4
mandoc
mmdebstrap
pycodestyle
python3-numpy
python3-pandas
python3-scipy
python3-venv
redis-server
shellcheck
valgrind
zstd
'
long_packages='
gcc-arm-linux-gnueabihf
gcc-s390x-linux-gnu
libc6-dev-armhf-cross
libc6-dev-s390x-cross
python3-torch
qemu-user
'
bench_packages='
binutils
python3-venv
'

case $tier in
build) packages=$build_packages ;;
system | test) packages="$build_packages $test_packages" ;;
long)
    packages="$build_packages $test_packages $long_packages"
    tier='test'
    ;;
bench | scanners) packages="$build_packages $bench_packages" ;;
*)
    echo "usage: tools/setup.sh build|system|test|long|bench|scanners" >&2
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

# peers FOLDER REQUIREMENTS LOG: packages to compare with, the newest releases of them.  A list that
# has not changed is looked at again after a month.  What cannot be had is left out: what
# compares does without it.
peers() {
    stamp=$1/requirements.sha256
    wanted=$(sha256sum <"$2")
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] &&
        [ -n "$(find "$stamp" -mtime -30)" ]; then
        return 0
    fi
    echo "setup: making $1"
    mkdir -p build
    /usr/bin/python3 -m venv "$1"
    if ! install "$1" --upgrade -r "$2" 2>"$3"; then
        grep -v '^#' "$2" | while read -r peer; do
            install "$1" --upgrade "$peer" 2>>"$3" ||
                echo "setup: not measured: $peer cannot be installed ($3);" \
                    "delete $1 to have it tried again" >&2
        done
    fi
    printf '%s' "$wanted" >"$stamp"
}

case $asked in
bench)
    bench/peers/build.sh
    peers build/bench-venv tools/requirements-bench.txt build/setup-bench.log
    ;;
scanners)
    peers build/scan-venv tools/requirements-scanners.txt build/setup-scanners.log
    peers build/older-venv tools/requirements-older.txt build/setup-older.log
    ;;
long) peers build/older-venv tools/requirements-older.txt build/setup-older.log ;;
esac

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
