# Sourced by the scripts in this directory: the results of a test run.

# Tests write their counts and measurements to files in this directory.
counts=${CARGO_TARGET_DIR:-target}/test-counts
mkdir -p "$counts"

# Runs the program `providers` of the tests, which has the list of providers.
providers() {
    cargo run --quiet --locked --package tenantry-tests --bin providers \
        ${TENANTRY_TEST_PROFILE:+--profile "$TENANTRY_TEST_PROFILE"} -- "$@"
}

# Prints the words in the names of tests whose servers are missing.
missing_words() {
    cut -f 1 "$counts/missing" 2>/dev/null | tr ' ' '\n' || true
}

# Records the result of the end-to-end suite on a combination of providers, from the log of cargo.
note_combination() {
    local combination=$1 log=$2 result passed failed
    #      Running tests/e2e/main.rs (…)
    # test result: ok. 131 passed; 0 failed; …
    result=$(sed -n '/^ *Running tests\/e2e\//,/^test result/s/^test result: .* \([0-9]*\) passed; \([0-9]*\) failed.*/\1 \2/p' "$log")
    read -r passed failed <<<"${result:-0 1}"
    echo "$combination: $passed of $((passed + failed)) cases passed"
    sed -i "/^$combination /d" "$counts/providers" 2>/dev/null || true
    echo "$combination $((passed + failed)) $passed" >>"$counts/providers"
}
