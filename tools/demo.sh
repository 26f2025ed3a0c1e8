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
# Show a command line as one would type it, then run it.
run() {
    if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then
        printf '\n\033[1m$ %s\033[0m\n' "$1"
    else
        printf '\n$ %s\n' "$1"
    fi
    eval "$1"
}

cat <<'END'
A pickle made by Python: instances of classes that exist nowhere on this machine, dates,
decimals, shared and cyclic references.  Nothing below imports or runs any of it.
END

run "brinery show $file"
run "brinery get $file \"stations['north'].position.altitude\""
run "brinery get $file \"stations['coast'].readings[-1]\""
run "brinery stat $file"
run "brinery dis $file | head -n 12"
run "brinery json --pretty $file notes"
cat <<END

Try next, with PATH=$PWD/build:\$PATH
  brinery show YOUR.pkl                a tree of what is in it (.pkl, also .pkl.gz, or - for stdin)
  brinery show --all $file | less
  brinery dis -a $file | less
  brinery json --lossless $file notes
  brinery --help                       and brinery help COMMAND, man cli/man/brinery.1
  make install PREFIX=\$HOME/.local    command, library, header, man pages, completions
END
