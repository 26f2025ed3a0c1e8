#!/bin/bash
# The Python package as strangers get it: sdist, wheel, pip install.  Works on a copy of
# the work tree that is committed into a repository of its own, because sdists are made of
# what is committed.
#
#   tools/test_package.sh              with the build tools in build/venv, without network, and unoptimised
#   tools/test_package.sh --isolated   optimised, and also as pip does it by itself: build tools from the index
#
# Prints a line for each check; the last line is "N passed, N failed".
set -eu
cd "$(dirname "$0")/.."
root=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python=$root/build/venv/bin/python
export PATH=$root/build/venv/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1
unset PYTHONPATH CC CFLAGS LDFLAGS
version=$(tools/version.sh)
# Optimising takes most of the time, and the code is tested elsewhere.
flags=(--config-settings=setup-args=-Doptimization=0)
[ "${1-}" != --isolated ] || flags=()
# shellcheck source=tools/checks.sh
. tools/checks.sh

clean_checkout() {
    mkdir "$scratch/tree" &&
        tar -c --exclude=./build --exclude=./.git . | tar -x -C "$scratch/tree" &&
        git -C "$scratch/tree" init -q &&
        git -C "$scratch/tree" add -A &&
        git -C "$scratch/tree" -c user.name=x -c user.email=x@example.org commit -q -m x
}

sdist() {
    (cd "$scratch/tree" && "$python" -c 'import mesonpy, sys; mesonpy.build_sdist(sys.argv[1])' \
        "$scratch") && test -s "$scratch/brinery-$version.tar.gz"
}

# All that compiling needs, and nothing by the hundred that it does not.
sdist_content() {
    local name
    tar -tzf "$scratch/brinery-$version.tar.gz" | sed 's,^[^/]*/,,' | sort >"$scratch/names"
    for name in PKG-INFO LICENSE README.md meson.build include/brinery.h \
        python/ext/module.c python/brinery/__init__.py python/brinery/py.typed; do
        grep -qxF "$name" "$scratch/names" || {
            echo "the sdist has no $name"
            return 1
        }
    done
    ! grep -E '^(build|fuzz/corpus|\.git)/|\.(o|so|pyc)$' "$scratch/names"
}

wheel() {
    mkdir "$scratch/wheels" &&
        cd "$scratch/wheels" &&
        pip wheel --quiet --no-index --no-deps --no-build-isolation "${flags[@]}" \
            "../brinery-$version.tar.gz" &&
        test -s "$scratch/wheels/brinery-$version"-cp3*-cp3*-linux_*.whl
}

# The names in full: whatever else a build installs belongs to others.
wheel_content() {
    rm -rf "$scratch/unpacked"
    "$python" -m zipfile -e "$scratch"/wheels/*.whl "$scratch/unpacked"
    (cd "$scratch/unpacked" && find . -type f | sed 's,^\./,,; s,_brinery\..*\.so$,_brinery.SO,' |
        LC_ALL=C sort) >"$scratch/names"
    {
        printf '%s\n' brinery/_brinery.SO "brinery-$version.dist-info/METADATA" \
            "brinery-$version.dist-info/RECORD" "brinery-$version.dist-info/WHEEL" \
            "brinery-$version.dist-info/licenses/LICENSE"
        cd "$scratch/tree/python" && find brinery -type f
    } | LC_ALL=C sort | diff - "$scratch/names"
}

metadata() {
    local line
    for line in "Version: $version" 'Name: brinery' 'License-Expression: MIT' \
        'Requires-Python: >=3.10' 'Classifier: Typing :: Typed'; do
        grep -qxF "$line" "$scratch/unpacked/brinery-$version.dist-info/METADATA" || {
            echo "METADATA does not say $line"
            return 1
        }
    done
}

# libc is all it may need; of its own names it shows the one that the interpreter looks for.
extension_keeps_to_itself() {
    local extension
    extension=$(echo "$scratch"/unpacked/brinery/_brinery.*.so)
    ! objdump -p "$extension" | sed -n 's/^ *NEEDED *//p' | grep -vE '^(libc|libm|ld-linux.*)\.so' &&
        test "$(nm -D --defined-only "$extension" | awk '{ print $3 }')" = PyInit__brinery
}

# smoke PYTHON: run the tests that stand beside the header, on what is installed.
smoke() {
    (cd "$scratch" && BRINERY_INSTALLED=1 "$1" "$root/tests/python/smoke_package.py")
}

install_wheel() {
    /usr/bin/python3 -m venv --without-pip "$scratch/venv" &&
        pip --python "$scratch/venv/bin/python" install --quiet --no-index --no-deps \
            "$scratch"/wheels/*.whl
}

# Into a folder: build tools and target have to belong to one interpreter.
install_tree() {
    (cd "$scratch/tree" && pip install --quiet --no-index --no-deps --no-build-isolation \
        "${flags[@]}" --target "$scratch/site" .) &&
        PYTHONPATH=$scratch/site smoke /usr/bin/python3
}

# Older pips build in the tree itself.
tree_stays_clean() {
    git -C "$scratch/tree" status --porcelain | (! grep .)
}

install_isolated() {
    /usr/bin/python3 -m venv "$scratch/venv-isolated" &&
        PATH=/usr/local/bin:/usr/bin:/bin "$scratch/venv-isolated/bin/pip" install --quiet \
            --retries 5 --timeout 60 "$scratch/tree" &&
        smoke "$scratch/venv-isolated/bin/python"
}

uninstall() {
    pip --python "$scratch/venv/bin/python" uninstall --quiet --yes brinery &&
        ! ls -d "$scratch"/venv/lib/python3*/site-packages/brinery*
}

check 'a clean checkout' clean_checkout
check 'sdist' sdist
check 'what the sdist holds' sdist_content
check 'wheel of the sdist' wheel
check 'what the wheel holds' wheel_content
check 'metadata' metadata
check 'the extension keeps to itself' extension_keeps_to_itself
check 'pip install of the wheel' install_wheel
check 'smoke test of the wheel' smoke "$scratch/venv/bin/python"
check 'pip install . without isolation' install_tree
check 'the tree stays clean' tree_stays_clean
[ "${1-}" != --isolated ] || check 'pip install . with isolation' install_isolated
check 'pip uninstall' uninstall

checks_end
