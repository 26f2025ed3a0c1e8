#!/bin/bash
# Everything that judges the sources without running them.
#
#   tools/lint.sh           run all checks; the last line is "N passed, N failed"
#   tools/lint.sh --format  let clang-format rewrite the C files
set -u
cd "$(dirname "$0")/.." || exit 1

mapfile -t c_files < <(find src cli python/ext fuzz tests/c examples bench include -name '*.[ch]' \
    2>/dev/null | sort)
mapfile -t sh_files < <(
    find tools tests fuzz bench -name '*.sh' 2>/dev/null | sort
    echo .ci/run
)
mapfile -t py_files < <(find tools tests bench examples python -name '*.py' 2>/dev/null | sort)

if [ "${1-}" = --format ]; then
    exec clang-format -i "${c_files[@]}"
fi

# shellcheck source=tools/checks.sh
. tools/checks.sh

# The public header is the manual as well, and one file by design.
no_file_too_long() {
    find src cli python/ext \( -name '*.[ch]' -o -name '*.def' \) -exec wc -l {} + |
        awk '$2 != "total" && $1 > 1500 { print $2 ": " $1 " lines, more than 1500"; bad = 1 }
             END { exit bad }'
}

no_line_noise() {
    ! git ls-files -co --exclude-standard -- '*.c' '*.h' '*.def' '*.py' '*.pyi' '*.sh' '*.md' '*.build' \
        Makefile | xargs -r grep -nE '[[:space:]]+$|'$'\r'
}

# clang-tidy reads the flags of the clang build, and judges a header (and the machine's template)
# through the files that include it.  One file a process: version 14 carries what it believes
# about va_lists from one file into the next.  The analyzer gives a function up after so many steps;
# its own bound, 225000, which make test-all has, takes half a minute for some files.
tidy() {
    local nodes=max-nodes=${TIDY_NODES-5000}
    local budget=(--extra-arg=-Xclang --extra-arg=-analyzer-config --extra-arg=-Xclang
        --extra-arg="$nodes")
    tools/build.sh --configure clang || return 1
    find src cli -name '*.c' -print0 | xargs -0 -n 1 -P "$(nproc)" \
        clang-tidy -p build/clang --quiet --warnings-as-errors='*' "${budget[@]}" 2>/dev/null || return 1
    # It cannot know which members the stage of a frame promises, nor what owns a reference.
    find python/ext -name '*.c' -print0 | xargs -0 -n 1 -P "$(nproc)" \
        clang-tidy -p build/clang --quiet --warnings-as-errors='*' "${budget[@]}" \
        --checks=-clang-analyzer-core.NullDereference 2>/dev/null
}

# ctuuninitvar does not see that the members that are read have been set.
analyse() {
    cppcheck --std=c11 --enable=warning,performance,portability --inline-suppr --quiet \
        --error-exitcode=1 --suppress=missingIncludeSystem --suppress=ctuuninitvar -j "$(nproc)" \
        -DBRN_BUILDING -DHAVE_ZLIB=1 -DHAVE_BZ2=1 -DHAVE_LZMA=1 -DHAVE_LZ4=1 -DHAVE_ZSTD=1 -DPY_VERSION_HEX=0x030b0000 -Iinclude -Isrc src cli python/ext
}

# What the build makes from the header; mandoc would like the empty page of a failing script.
man3() {
    set -o pipefail
    /usr/bin/python3 tools/make_man3.py | mandoc -T lint -W warning
}

check 'no file over 1500 lines' no_file_too_long
check 'no trailing blanks' no_line_noise
check 'include rules' /usr/bin/python3 tools/check_includes.py
check 'every source is in the build' /usr/bin/python3 tools/check_sources.py
check 'clang-format' clang-format --dry-run -Werror "${c_files[@]}"
check 'cppcheck' analyse
check 'clang-tidy' tidy
check 'shellcheck' shellcheck -x "${sh_files[@]}"
check 'pycodestyle' pycodestyle --max-line-length=100 --ignore=E203,W503,W504 "${py_files[@]}"
check 'brinery.1' mandoc -T lint -W warning cli/man/brinery.1
check 'brinery.3' man3

checks_end
