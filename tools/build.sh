#!/bin/sh
# Configure (when needed) and compile one of the builds this project uses:
#
#   tools/build.sh NAME              compile into build/NAME
#   tools/build.sh --configure NAME  only configure
#
#   release   gcc -O2: what tests and benchmarks run; build/brinery points at its command
#   switch    the same, opcodes dispatched by switch instead of computed goto
#   clang     with clang, for its warnings and for clang-tidy; by switch too
#   unity     the library compiled as one file, as tools/amalgamate.py makes it
#   asan      gcc with AddressSanitizer and UndefinedBehaviorSanitizer
#   tsan      clang with ThreadSanitizer: the test of threads, and nothing else
#   coverage  gcc --coverage
#   fuzz      clang with libFuzzer and the sanitizers
#   python    the Python package for $PYTHON (default /usr/bin/python3): PYTHONPATH=build/python/site
#   python-public  the same without what is known of the interpreter's structs
#   python-asan  the same with the sanitizers: needs libasan loaded first
#   install   what make install installs: no tests; PREFIX, LIBDIR and CC are used, and with
#             WERROR=true a warning is an error
#
# The flags of each build stand here and nowhere else.  Those that nobody measures are optimised a little only, which
# takes half as long; where sanitizers make functions large, of what debuggers like there is only what names
# lines, as finding the places of variables takes longer than the rest.  With ccache, what several builds compile
# with the same flags is compiled once.
set -eu
cd "$(dirname "$0")/.."

only_configure=
if [ "${1-}" = --configure ]; then
    only_configure=1
    shift
fi
name=${1?usage: tools/build.sh [--configure] NAME}
dir=build/$name
prefix=
compiler=gcc
target=all

case $name in
release) set -- -Dwerror=true ;;
switch) set -- -Dwerror=true -Doptimization=1 -Dcomputed_goto=false ;;
unity) set -- -Dwerror=true -Dunity=on -Ddefault_library=static ;;
clang)
    compiler=clang
    set -- -Dwerror=true -Doptimization=1 -Dcomputed_goto=false -Dpython=enabled -Dpython_interpreter=/usr/bin/python3
    ;;
asan) set -- -Doptimization=1 -Db_ndebug=false -Db_sanitize=address,undefined '-Dc_args=-fno-sanitize-recover=all -g1 -fno-var-tracking' ;;
tsan)
    compiler=clang
    target=tests/c/test_threads
    set -- -Doptimization=1 -Db_sanitize=thread -Db_lundef=false -Dzlib=disabled -Ddefault_library=static
    ;;
# Atomic, because a test has threads: counts must not become negative.  Nothing is inlined: each copy of the
# decoder, say, would have branches for all opcodes but its own.
coverage) set -- -Ddebug=true -Doptimization=1 -Db_coverage=true '-Dc_args=-fprofile-update=atomic -DBRN_COVERAGE' ;;
fuzz)
    compiler=clang
    target=fuzz-programs
    # clang's shared libraries leave the sanitizer's symbols to the program.
    set -- -Dfuzz=true -Dpython=enabled -Dpython_interpreter=/usr/bin/python3 -Dtests=disabled -Db_ndebug=false -Db_sanitize=address,undefined -Db_lundef=false \
        '-Dc_args=-fno-sanitize-recover=all -g1'
    ;;
python | python-public | python-asan)
    python=${PYTHON-/usr/bin/python3}
    target='python-package'
    set -- -Dtests=disabled -Dpython=enabled "-Dpython_interpreter=$python" \
        -Dpython.platlibdir=/site -Dpython.purelibdir=/site
    if [ "$name" = python-asan ]; then
        set -- "$@" -Doptimization=1 -Db_ndebug=false -Db_sanitize=address,undefined -Db_lundef=false \
            '-Dc_args=-fno-sanitize-recover=all -g1 -fno-var-tracking'
    else
        set -- "$@" -Dwerror=true
    fi
    if [ "$name" = python-public ]; then
        set -- "$@" -Doptimization=1 -Dprivate_layouts=false
    fi
    ;;
install)
    compiler=${CC-cc}
    prefix=${PREFIX-/usr/local}
    set -- -Dtests=disabled "-Dwerror=${WERROR-false}" "--prefix=$prefix" "--libdir=${LIBDIR-lib}"
    ;;
*)
    echo "tools/build.sh: there is no build called $name" >&2
    exit 64
    ;;
esac

# gcov's notes name the folder in which they were made.
cache=
if [ "$name" != coverage ] && command -v ccache >/dev/null; then
    cache='ccache '
fi

# A build configured with other flags (an older build.sh, another PREFIX) is configured again.
stamp=$dir/.configured
wanted="$cache$compiler $*"
if [ ! -f "$dir/build.ninja" ] || [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
    if [ -f "$dir/build.ninja" ] && [ "$name" = install ]; then
        # Only the prefix changes: objects stay valid.
        meson setup --reconfigure "$dir" "$@" >"$dir/configure.log" || {
            cat "$dir/configure.log" >&2
            exit 1
        }
    else
        rm -rf "$dir"
        mkdir -p "$dir"
        # meson wants an empty folder, so its output waits outside.
        CC="$cache$compiler" meson setup "$dir" "$@" >"$dir.log" 2>&1 || {
            cat "$dir.log" >&2
            rm -rf "$dir" "$dir.log"
            exit 1
        }
        mv "$dir.log" "$dir/configure.log"
    fi
    printf '%s' "$wanted" >"$stamp"
fi
[ -z "$only_configure" ] || exit 0

ninja -C "$dir" "$target" >"$dir/ninja.log" 2>&1 || {
    cat "$dir/ninja.log" >&2
    exit 1
}
# Warnings of the builds that do not stop at them are shown all the same.
grep -A4 'warning:' "$dir/ninja.log" >&2 || true

if [ "$name" = release ]; then
    ln -sfn release/cli/brinery build/brinery
fi
case $name in
python*) DESTDIR=$PWD/$dir meson install -C "$dir" --no-rebuild --quiet --tags python-runtime ;;
esac
