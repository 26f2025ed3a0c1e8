#!/bin/sh
# make demo: the main job at both doors.  Save and load Python objects with `import brinery as
# pickle`, then look inside the files with every command, and say what to try next.
set -eu
cd "$(dirname "$0")/.."

dir=build/demo
file=$dir/observatory.pkl
mkdir -p $dir
/usr/bin/python3 examples/make_demo_pickle.py $file

# The system's Python, which the package was built for.
PATH=$PWD/build:/usr/bin:$PATH
# Show a command line as one would type it, then run it.
run() {
    if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then
        printf '\n\033[1m$ %s\033[0m\n' "$1"
    else
        printf '\n$ %s\n' "$1"
    fi
    eval "$1"
}

export PYTHONPATH="$PWD/build/python/site"
run "python3 examples/save_and_load.py $dir"

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
run "brinery show $dir/bank.pkl"
cat <<END

Try next, with PATH=$PWD/build:\$PATH
  brinery show YOUR.pkl                a tree of what is in it (.pkl, also .pkl.gz, or - for stdin)
  brinery show --all $file | less
  brinery dis -a $file | less
  brinery json --lossless $file notes
  python3 -c 'import brinery as pickle; ...'      with PYTHONPATH=$PWD/build/python/site
  brinery --help                       and brinery help COMMAND, man cli/man/brinery.1
  make install PREFIX=\$HOME/.local    command, library, header, man pages, completions
END
