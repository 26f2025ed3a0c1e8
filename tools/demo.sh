#!/bin/sh
# make demo: make a real pickle with Python's standard library, then look inside it with
# every command, and say what to try next.
set -eu
cd "$(dirname "$0")/.."

dir=build/demo
file=$dir/observatory.pkl
mkdir -p $dir
/usr/bin/python3 examples/make_demo_pickle.py $file

PATH=$PWD/build:$PATH
# Colours where the reader is a person; each step waits for nobody.
step() {
    printf '\n\033[1m$ %s\033[0m\n' "$*" | if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then
        cat
    else
        sed 's/\x1b\[[0-9]*m//g'
    fi
}
run() {
    step "$@"
    "$@"
}

cat <<'END'
A pickle made by Python: instances of classes that exist nowhere on this machine, dates,
decimals, shared and cyclic references.  Nothing below imports or runs any of it.
END

run brinery show $file
run brinery get $file "stations['north'].readings[0]"
run brinery get $file "['stations']['north'].position.altitude"
run brinery stat $file
step "brinery dis $file | head -n 12"
brinery dis $file >$dir/observatory.dis
head -n 12 $dir/observatory.dis
step "brinery json $file stations"
brinery json --pretty $file "stations['north'].readings" >$dir/readings.json
head -n 12 $dir/readings.json

cat <<END

Try next, with PATH=$PWD/build:\$PATH
  brinery show YOUR.pkl                a tree of what is in it (.pkl, also .pkl.gz, or - for stdin)
  brinery get $file notes
  brinery dis -a $file | less
  brinery json --lossless $file
  brinery --help
  man cli/man/brinery.1
END
