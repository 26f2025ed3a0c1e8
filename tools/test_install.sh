#!/bin/sh
# Install into a scratch folder and use what is there as a stranger would: every file in its
# place, the exports exactly those of the header, a program built with
# pkg-config against the shared and the static library, DESTDIR, and a build
# of the library without any build system.
#
# Prints a line for each check; the last line is "N passed, N failed".
set -eu
cd "$(dirname "$0")/.."
root=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
prefix=$scratch/usr
# shellcheck source=tools/checks.sh
. tools/checks.sh

cat >"$scratch/user.c" <<'END'
#include <brinery.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    static const char pickle[] = "\x80\x04\x95\x0a\0\0\0\0\0\0\0}\x94\x8c\x01x\x94K*s.";
    brn_error err;
    brn_doc *doc = brn_read(pickle, sizeof pickle - 1, NULL, NULL, &err);
    long long x = (long long)brn_int(brn_dict_get(brn_root(doc), "x"));
    brn_free(doc);
    printf("%lld\n", x);
    return x == 42 && strcmp(brn_version(), BRN_VERSION_STRING) == 0 ? 0 : 1;
}
END

uses_shared() {
    # shellcheck disable=SC2046 # flags are words
    cc -Wall -Wextra -Wpedantic -Werror -std=c11 -o "$scratch/shared" "$scratch/user.c" \
        $(pkg-config --cflags --libs brinery) &&
        LD_LIBRARY_PATH=$prefix/lib "$scratch/shared" &&
        ldd "$scratch/shared" | grep -q libbrinery
}

uses_static() {
    # shellcheck disable=SC2046 # flags are words
    cc -o "$scratch/static" "$scratch/user.c" $(pkg-config --cflags brinery) \
        "$prefix/lib/libbrinery.a" && "$scratch/static"
}

header_is_cxx() {
    "$1" -std=c++11 -Wall -Wextra -Wpedantic -Werror -I"$prefix/include" \
        -o "$scratch/cxx" tests/c/header.cc "$prefix/lib/libbrinery.a" && "$scratch/cxx"
}

needs_libc_only() {
    needed=$(objdump -p "$prefix/lib/libbrinery.so" | sed -n 's/^ *NEEDED *//p')
    [ "$needed" = libc.so.6 ] || {
        echo "libbrinery.so needs: $needed"
        return 1
    }
}

has_no_globals() {
    # No object (O) in a section that stays writable; .data.rel.ro are tables of pointers.
    ! objdump -t "$prefix/lib/libbrinery.a" |
        grep -E ' O (\.t?data|\.t?bss|\*COM\*|\.data\.rel|\.data\.rel\.local)[[:space:]]'
}

without_build_system() {
    # shellcheck disable=SC2046 # one word a file
    cc -O0 -Iinclude -Isrc -o "$scratch/plain" $(find src -name '*.c') \
        "$scratch/user.c" && "$scratch/plain"
}

as_one_file() {
    cp include/brinery.h "$scratch" && python3 tools/amalgamate.py >"$scratch/brinery.c" &&
        cc -std=c11 -O1 -Wall -Wextra -Wpedantic -Werror -o "$scratch/one" "$scratch/brinery.c" \
            "$scratch/user.c" -I"$scratch" && "$scratch/one"
}

# Until 1.0, that of the minor version.
soname_is_versioned() {
    soname=$(objdump -p "$prefix/lib/libbrinery.so" | sed -n 's/^ *SONAME *//p')
    case $(tools/version.sh) in
    0.*) [ "$soname" = "libbrinery.so.$(tools/version.sh | cut -d. -f1-2)" ] ;;
    *) [ "$soname" = "libbrinery.so.$(tools/version.sh | cut -d. -f1)" ] ;;
    esac || {
        echo "the soname is $soname"
        return 1
    }
}

version_is_one() {
    version=$(tools/version.sh)
    [ "$(pkg-config --modversion brinery)" = "$version" ] &&
        "$prefix/bin/brinery" --version | grep -qF "$version" &&
        [ -e "$prefix/lib/libbrinery.so.$version" ]
}

honours_destdir() {
    make -s install PREFIX=/opt/brinery DESTDIR="$scratch/stage" &&
        [ -x "$scratch/stage/opt/brinery/bin/brinery" ] &&
        grep -q '^prefix=/opt/brinery$' "$scratch/stage/opt/brinery/lib/pkgconfig/brinery.pc"
}

check 'make install PREFIX=dir' make -s install PREFIX="$prefix"
for file in bin/brinery include/brinery.h lib/libbrinery.a lib/libbrinery.so \
    lib/pkgconfig/brinery.pc share/man/man1/brinery.1 \
    share/man/man3/brinery.3 share/bash-completion/completions/brinery \
    share/zsh/site-functions/_brinery; do
    check "$file" test -s "$prefix/$file"
done

export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
check 'exports' /usr/bin/python3 "$root/tools/check_exports.py" "$prefix/lib/libbrinery.so" \
    "$prefix/lib/libbrinery.a"
check 'a program with the shared library' uses_shared
check 'a program with the static library' uses_static
check 'the header in C++ (g++)' header_is_cxx g++
check 'the header in C++ (clang++)' header_is_cxx clang++
check 'libc is all the library needs' needs_libc_only
check 'no writable globals' has_no_globals
check 'one version everywhere' version_is_one
check 'a build without a build system' without_build_system
check 'the library as one file' as_one_file
check 'the soname' soname_is_versioned
check 'DESTDIR' honours_destdir

checks_end
