#!/bin/sh
# Print the version that include/brinery.h states, for meson.  Fails if the
# three numbers there and the string beside them disagree.
set -eu
header="$(dirname "$0")/../include/brinery.h"
number() { sed -n "s/^#define BRN_VERSION_$1 \([0-9][0-9]*\)$/\1/p" "$header"; }
numbers="$(number MAJOR).$(number MINOR).$(number PATCH)"
string="$(sed -n 's/^#define BRN_VERSION_STRING "\(.*\)"$/\1/p' "$header")"
if [ "$numbers" != "$string" ]; then
    echo "brinery.h: the version is $numbers in numbers and $string in text" >&2
    exit 1
fi
echo "$string"
