# Read by the scripts beside it: where programs lie that are built or brought for the tests, and how a
# missing one comes from Debian.

# Outside the tree, each program under its version.
programs=${TENANTRY_TEST_PROGRAMS:-${XDG_CACHE_HOME:-$HOME/.cache}/tenantry-tests}
mkdir -p "$programs"

# Looks on the path alone: a function of the same name is no program.
has() {
    type -P "$1" >/dev/null
}

# A package of Debian. Where RUNLEVEL is heeded none of them starts a server: tests start their own.
package() {
    [ "$(id -u)" = 0 ] && has apt-get || return 1
    echo "installing $1" >&2
    local install=(env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$1")
    "${install[@]}" >/dev/null 2>&1 ||
        { apt-get update -q >/dev/null 2>&1 && "${install[@]}" >/dev/null 2>&1; }
}
