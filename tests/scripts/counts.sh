# Read by the scripts beside it: what a run of the tests leaves for its last lines.

# Tests write how many cases they ran, and what they measured, into files here.
counts=${CARGO_TARGET_DIR:-target}/test-counts
mkdir -p "$counts"

# Words in the names of tests whose servers are missing.
missing_words() {
    cut -f 1 "$counts/missing" 2>/dev/null | tr ' ' '\n' || true
}

# Notes how the end-to-end suite did on a combination of providers, by the log of cargo.
note_combination() {
    local combination=$1 log=$2 result passed broken
    #      Running tests/e2e/main.rs (…)
    # test result: ok. 131 passed; 0 failed; …
    result=$(sed -n '/^ *Running tests\/e2e\//,/^test result/s/^test result: .* \([0-9]*\) passed; \([0-9]*\) failed.*/\1 \2/p' "$log")
    read -r passed broken <<<"${result:-0 1}"
    echo "$combination: $passed of $((passed + broken)) cases passed"
    sed -i "/^$combination /d" "$counts/providers" 2>/dev/null || true
    echo "$combination $((passed + broken)) $passed" >>"$counts/providers"
}
