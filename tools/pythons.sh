#!/bin/bash
# The Python package on interpreters this machine does not have:
#
#   tools/pythons.sh setup SUITE...   make the folders
#   tools/pythons.sh test SUITE...    make them if need be, then build and test in them
#   tools/pythons.sh bench SUITE VERSION   run the package's benchmark in one of them, without peers,
#                                          and write bench/RESULTS-VERSION.md
#
#   trixie   Debian 13: Python 3.13
#   sid      Debian unstable: 3.13 as it is now, 3.14, 3.14's debug build, 3.15
#   all      both
#
# A suite is a small Debian in build/pythons/SUITE, entered by chroot.  The project is copied into it;
# nothing is mounted, so nothing stays mounted whatever happens.  mmdebstrap makes it, which
# lets this machine's apt do the work: its mirror, proxy, certificates and keys are used,
# and none of them is named here.  `test` builds with the interpreter's compiler, any warning an
# error, and runs smoke_package.py, CPython's own tests (stdlib_suite.py), and those of ours that ask what
# the short cuts ask of the interpreter's structs.
#
# The last line of `test` is "N passed, N failed".  Where there is no root or no mmdebstrap
# it says so, and exits with 77: not tested is not the same as good.
set -eu
cd "$(dirname "$0")/.."
folder=build/pythons
short_cuts='tests/python/test_unique.py tests/python/test_fast_collections.py tests/python/test_fast_dumps.py'
short_cuts+=' tests/python/test_fast_reduce.py tests/python/test_fast_loads.py'

usage() {
    echo "usage: tools/pythons.sh setup|test trixie|sid|all..., or bench trixie|sid VERSION" >&2
    exit 64
}

pythons_of() {
    case $1 in
    trixie) echo 3.13 ;;
    sid) echo 3.13 3.14 3.14-dbg 3.15 ;;
    *) usage ;;
    esac
}

packages_of() {
    local version packages=gcc,libc6-dev,meson,ninja-build,pkgconf,python3-pytest
    for version in $(pythons_of "$1"); do
        case $version in
        *-dbg) packages+=,python$version ;;
        *) packages+=,python$version-dev,libpython$version-testsuite ;;
        esac
    done
    echo "$packages"
}

cannot() {
    echo "pythons.sh: skipped, no other interpreter was tested: $1" >&2
    exit 77
}

# The mirror from which this machine gets its own release; nothing if apt has no lists.
mirror() {
    # shellcheck disable=SC2016 # apt fills it in
    apt-get indextargets --format '$(REPO_URI)' "Release: $1" 'Created-By: Packages' |
        head -n 1
}

make_root() {
    local suite=$1 root=$2 packages=$3 uri=$4
    rm -rf "$root"
    # Nobody keeps data there: no need to wait for the disk after each package.
    mmdebstrap --variant=minbase --aptopt="$folder/apt.conf" --dpkgopt=force-unsafe-io \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        --include="$packages" "$suite" "$root" "$uri" >"$root.log" 2>&1
}

setup() {
    local suite=$1 root=$folder/$1 packages
    packages=$(packages_of "$suite")
    if [ -f "$root.stamp" ] && [ "$(cat "$root.stamp")" = "$packages" ]; then
        return
    fi
    local id release uri attempt=1
    [ "$(id -u)" -eq 0 ] || cannot 'making and entering a chroot needs root'
    command -v mmdebstrap >/dev/null || cannot 'mmdebstrap is missing: tools/setup.sh test'
    # shellcheck source=/dev/null # of the machine
    read -r id release < <(. /etc/os-release && echo "$ID ${VERSION_CODENAME-}")
    [ "$id" = debian ] || cannot 'this is no Debian, whose mirrors have Debian'
    uri=$(mirror "$release")
    if [ -z "$uri" ]; then
        apt-get -q update >/dev/null
        uri=$(mirror "$release")
        [ -n "$uri" ] || cannot "apt names no mirror for $release"
    fi

    echo "pythons.sh: making $root"
    mkdir -p "$folder"
    rm -f "$root.stamp"
    # What apt was told about fetching (proxy, certificates, dates), without its lists of targets.
    apt-config dump | grep '^Acquire::' | grep -v '^Acquire::IndexTargets' >"$folder/apt.conf"
    # Networks fail now and then.
    until make_root "$suite" "$root" "$packages" "$uri"; do
        tail -n 30 "$root.log" >&2
        echo "pythons.sh: $suite could not be made; the whole output is in $root.log" >&2
        rm -rf "$root"
        [ "$attempt" -lt 3 ] || exit 1
        attempt=$((attempt + 1))
        sleep 10
    done
    printf '%s' "$packages" >"$root.stamp"
}

inside() {
    local root=$1
    shift
    env -i PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/root LC_ALL=C.UTF-8 \
        PYTHONDONTWRITEBYTECODE=1 chroot "$root" "$@"
}

# The work tree as it is, times included, so that ninja knows what it has built before.
copy() {
    local root=$1
    mkdir -p "$root/brinery"
    find "$root/brinery" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
    tar -c --exclude=./build --exclude=./.git --exclude=./fuzz/corpus --exclude=__pycache__ . |
        tar -x -C "$root/brinery" --no-same-owner
}

passed=0
failed=0

# report NAME STATUS LOG [COUNTS]: add what a step says of itself, or count it as one test.
report() {
    local counts=${4-}
    if [ -z "$counts" ]; then
        if [ "$2" -eq 0 ]; then counts='1 0'; else counts='0 1'; fi
    elif [ "$2" -ne 0 ] && [ "${counts#* }" -eq 0 ]; then
        counts="${counts% *} 1"
    fi
    passed=$((passed + ${counts% *}))
    failed=$((failed + ${counts#* }))
    if [ "${counts#* }" -eq 0 ]; then
        echo "ok - $1: ${counts% *} passed"
    else
        echo "not ok - $1: ${counts% *} passed, ${counts#* } failed"
        tail -n 60 "$3" | sed 's/^/    /'
        echo "    the whole output: $3"
    fi
}

run_script() {
    local root=$1 version=$2 script=$3 name=$4 log status counts
    log=$folder/$name-$(basename "$script" .py).log
    status=0
    inside "$root" sh -c "cd /brinery && PYTHONPATH=build/python/site timeout 900 \
        python$version tests/python/$script" >"$log" 2>&1 </dev/null || status=$?
    counts=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$log" | tail -n 1)
    # Without a count it did not come to its end.
    [ -n "$counts" ] && [ "$counts" != '0 0' ] || counts='0 1'
    report "$name $script" "$status" "$log" "$counts"
}

# Debian's pytest is for its own python3, and plain Python.
run_pytest() {
    local root=$1 version=$2 name=$3 log status counts
    log=$folder/$name-pytest.log
    status=0
    inside "$root" sh -c "cd /brinery && PYTHONPATH=build/python/site:/usr/lib/python3/dist-packages \
        timeout 900 python$version -m pytest -q -p no:cacheprovider $short_cuts" \
        >"$log" 2>&1 </dev/null || status=$?
    counts=$(sed -n 's/^\(\([0-9]*\) failed, \)\?\([0-9]*\) passed.*/\3 \2/p' "$log" | tail -n 1)
    case $counts in
    '') counts='0 1' ;;
    *' ') counts+=0 ;;
    esac
    report "$name pytest" "$status" "$log" "$counts"
}

test_python() {
    local suite=$1 version=$2 root=$folder/$1 name log status exact
    exact=$(inside "$root" "python$version" -c 'import sys; print(sys.version.split()[0])')
    case $version in
    *-dbg) exact+=-dbg ;;
    esac
    name=$suite-$exact
    log=$folder/$name-build.log
    status=0
    inside "$root" sh -c "cd /brinery && PYTHON=/usr/bin/python$version tools/build.sh python" \
        >"$log" 2>&1 </dev/null || status=$?
    report "$name build" "$status" "$log"
    [ "$status" -eq 0 ] || return 0
    run_script "$root" "$version" smoke_package.py "$name"
    run_script "$root" "$version" stdlib_suite.py "$name"
    run_pytest "$root" "$version" "$name"
}

bench() {
    local root=$folder/$1 version=$2 results=bench/RESULTS-$2.md
    inside "$root" sh -c "cd /brinery && PYTHON=/usr/bin/python$version tools/build.sh python &&
        python$version bench/run.py python --results $results"
    cp "$root/brinery/$results" "$results"
}

[ $# -ge 2 ] || usage
command=$1
shift
if [ "$command" = bench ]; then
    [ $# -eq 2 ] || usage
    [[ " $(pythons_of "$1") " == *" $2 "* ]] || usage
    setup "$1"
    copy "$folder/$1"
    bench "$1" "$2"
    exit
fi
[ "$*" != all ] || set -- trixie sid
for suite in "$@"; do
    pythons_of "$suite" >/dev/null
done

case $command in
setup)
    for suite in "$@"; do setup "$suite"; done
    ;;
test)
    for suite in "$@"; do
        setup "$suite"
        [ "$(id -u)" -eq 0 ] || cannot 'entering a chroot needs root'
        copy "$folder/$suite"
        for version in $(pythons_of "$suite"); do
            test_python "$suite" "$version"
        done
    done
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    ;;
*) usage ;;
esac
