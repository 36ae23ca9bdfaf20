# Sourced by the scripts in this directory: the programs of the tests, and packages of Debian.

# Programs that are built or downloaded, in a directory for each version.
programs=${TENANTRY_TEST_PROGRAMS:-${XDG_CACHE_HOME:-$HOME/.cache}/tenantry-tests}
mkdir -p "$programs"

# Looks on the path alone: a function of the same name is no program.
has() {
    type -P "$1" >/dev/null
}

# Installs a package of Debian, with further options of apt-get before it. RUNLEVEL keeps it from
# starting a server.
package() {
    [ "$(id -u)" = 0 ] && has apt-get || return 1
    echo "installing ${!#}" >&2
    local install=(env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$@")
    "${install[@]}" >/dev/null 2>&1 ||
        { apt-get update -q >/dev/null 2>&1 && "${install[@]}" >/dev/null 2>&1; }
}

# Prints the path of a subcommand of Cargo, which is built once, without optimization to save time.
cargo_tool() {
    local name=$1 version=$2 installed=$programs/$1-$2
    if [ ! -x "$installed/bin/$name" ]; then
        echo "building $name $version" >&2
        nice cargo install --quiet --locked --debug --root "$installed" "$name@$version" >&2 || return 1
    fi
    echo "$installed/bin/$name"
}
