#!/bin/bash
# The library and the command on other processors: s390x, whose bytes are in the other order, and
# armhf, whose words have 32 bits.  Debian's cross compilers build them, qemu runs them.
#
# On each: all C tests (with tests/cross/cmocka.h, as Debian has no cmocka for them here), the replay of the fuzz
# corpus, and the command over the corpus, which must print what it prints on this machine.
#
#   tools/cross.sh [s390x] [armhf]
#
# The last line is "N passed, N failed"; exit status 77 where the compilers are missing.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tools/checks.sh
. tools/checks.sh
out=build/cross
native=build/release/cli/brinery

for tool in qemu-s390x qemu-arm s390x-linux-gnu-gcc arm-linux-gnueabihf-gcc; do
    command -v $tool >/dev/null || {
        echo "there is no $tool: tools/setup.sh long installs it"
        exit 77
    }
done

# Everything is linked statically, so that qemu needs no libraries.
compile() {
    local cc=$1 folder=$2 flags
    flags='-std=c11 -D_DEFAULT_SOURCE -D_FILE_OFFSET_BITS=64 -O2 -Wall -Wextra -Wpedantic -Werror -Iinclude -Isrc'
    mkdir -p "$folder/src" "$folder/cli"
    # shellcheck disable=SC2016,SC2086 # the inner shell's words
    find src cli -name '*.c' -print0 | xargs -0 -P 2 -I{} sh -c \
        '"$0" $1 -DBRN_BUILDING -c "$3" -o "$2/$(echo "$3" | sed "s|/|_|2g; s|c$|o|")"' \
        "$cc" "$flags" "$folder" {} || return 1
    rm -f "$folder/libbrinery.a"
    "${cc%gcc}ar" rcs "$folder/libbrinery.a" "$folder"/src/*.o &&
        "$cc" -static -o "$folder/brinery" "$folder"/cli/*.o "$folder/libbrinery.a" -lpthread
}

compile_program() {
    local cc=$1 folder=$2 name=$3
    shift 3
    "$cc" -std=c11 -D_DEFAULT_SOURCE -D_FILE_OFFSET_BITS=64 -O1 -Wall -Wextra -Werror \
        -Wno-maybe-uninitialized -Iinclude -Isrc -Itests/cross -static -o "$folder/$name" "$@" "$folder/libbrinery.a" -lpthread
}

# The command over every file of the corpus: output, errors and exit status.
same_output() {
    local run=$1 file verb status=0
    find tests/corpus -name '*.pkl' | sort >"$out/files"
    while read -r file; do
        for verb in 'json --lossless' 'dis'; do
            # shellcheck disable=SC2086 # two words
            { $native $verb "$file" >"$out/native" 2>&1; echo $? >>"$out/native"; }
            # shellcheck disable=SC2086
            { $run $verb "$file" >"$out/other" 2>&1; echo $? >>"$out/other"; }
            cmp -s "$out/native" "$out/other" || {
                echo "$verb $file: other output"
                diff -a "$out/native" "$out/other" | head -n 4
                status=1
            }
        done
    done <"$out/files"
    return $status
}

# Numbers are right whatever the machine; how long something may take is not asked here.
export BRN_TEST_CORPUS=$PWD/tests/corpus BRN_TEST_VALGRIND=1

try() {
    local name=$1 cc=$2 qemu=$3 folder=$out/$1 test target
    mkdir -p "$folder"
    check "$name: builds" compile "$cc" "$folder"
    for test in tests/c/test_*.c; do
        target=$(basename "$test" .c)
        check "$name: $target builds" compile_program "$cc" "$folder" "$target" "$test" \
            tests/c/support.c
        check "$name: $target" "$qemu" "$folder/$target"
    done
    for test in fuzz/fuzz_*.c; do
        target=$(basename "$test" .c)
        [ "$target" != fuzz_python ] || continue
        check "$name: $target builds" compile_program "$cc" "$folder" "$target" "$test" fuzz/replay.c
        check "$name: $target" "$qemu" "$folder/$target" fuzz/corpus tests/corpus
    done
    check "$name: the command prints the same" same_output "$qemu $folder/brinery"
}

[ $# -gt 0 ] || set -- s390x armhf
for name in "$@"; do
    case $name in
    s390x) try s390x s390x-linux-gnu-gcc qemu-s390x ;;
    armhf) try armhf arm-linux-gnueabihf-gcc qemu-arm ;;
    *) check "there is a processor called $name" false ;;
    esac
done
checks_end
