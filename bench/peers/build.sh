#!/bin/sh
# Build the contestants of other languages into build/bench-peers/LANGUAGE/contestant.
#
# What cannot be built, because its compiler or its packages cannot be had, is left out with a
# sentence: the benchmark does without it.  Where packages come from is the machine's own
# configuration of cargo, go, mvn and npm.  Nothing is built again before a source changes.
set -eu
cd "$(dirname "$0")"
mkdir -p ../../build/bench-peers
built=$(cd ../../build/bench-peers && pwd)

# Each of these works in a copy of its sources.
build_rust() {
    cargo build --quiet --release --jobs 2 &&
        ln -sf target/release/contestant contestant
}

build_go() {
    go build -o contestant .
}

build_java() {
    mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory=lib &&
        javac -cp 'lib/*' -d classes ./*.java &&
        program java -Xmx4g -cp "\$here/classes:\$here/lib/*" Contestant
}

build_node() {
    npm install --no-package-lock --ignore-scripts &&
        program node "\$here/contestant.mjs"
}

# program WORD...: a script that runs them, with its own arguments behind; $here is its folder.
program() {
    {
        echo '#!/bin/sh'
        echo "here=\$(dirname \"\$0\")"
        printf 'exec'
        printf ' "%s"' "$@"
        echo " \"\$@\""
    } >contestant
    chmod +x contestant
}

# left_out LANGUAGE WHY
left_out() {
    echo "setup: not measured: the libraries of bench/peers/$1: $2" >&2
}

# language NAME TOOL...
language() {
    name=$1
    shift
    for tool; do
        if ! command -v "$tool" >/dev/null; then
            left_out "$name" "there is no $tool"
            return
        fi
    done
    wanted=$(find "$name" build.sh -type f | sort | xargs sha256sum | sha256sum)
    if [ "$(cat "$built/$name/stamp" 2>/dev/null)" = "$wanted" ]; then
        return
    fi
    echo "setup: building build/bench-peers/$name"
    rm -rf "${built:?}/$name"
    cp -R "$name" "$built/$name"
    if (cd "$built/$name" && "build_$name") >"$built/$name.log" 2>&1; then
        printf '%s' "$wanted" >"$built/$name/stamp"
    else
        rm -f "$built/$name/contestant"
        left_out "$name" "they cannot be built (build/bench-peers/$name.log)"
    fi
}

language rust cargo
language go go
language java mvn javac java
language node npm node
