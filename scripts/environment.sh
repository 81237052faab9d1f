# shellcheck shell=bash
# The environment of the scripts: `.venv` in the project folder, made when it is missing or no longer right.
#
# Each script sources this file and calls `require_environment`. A stamp in `.venv`, written when all is done, says
# what the environment was made for and from; one without a stamp was not finished, and is made again from nothing.
# The compiled kernels have a stamp of their own beside them: whenever one of their files changes, all are compiled
# anew, because numba looks at the file of each kernel alone, and not at what that file uses of others.

project=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=$project/.venv
stamp=$venv/dateline-stamp
kernels=$project/index/codec/kernels
kernels_stamp=$kernels/__pycache__/dateline-stamp

# Modules that were meant for another Python would hide those of this environment.
unset PYTHONHOME PYTHONPATH

die() { # MESSAGE [STATUS]
    printf 'dateline: %s\n' "$1" >&2
    exit "${2:-1}"
}

# Print the version of a Python and the installation it belongs to, which a virtual environment shares.
python_identity() { # PYTHON
    "$1" -E -c 'import sys; print("%d.%d %s" % (sys.version_info[:2] + (sys.base_prefix,)))' 2>/dev/null
}

# Set `python` to one that is new enough: what PYTHON names, else the first of the usual names.
choose_python() {
    local candidates=(python3 python3.14 python3.13 python3.12 python3.11 python) found=""
    [[ -z ${PYTHON:-} ]] || candidates=("$PYTHON")
    for python in "${candidates[@]}"; do
        if "$python" -E -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            # Debian and Ubuntu have these two in a package of their own.
            "$python" -E -c 'import ensurepip, venv' 2>/dev/null ||
                die "$python cannot make virtual environments; install what is missing: apt install python3-venv"
            return
        fi
        if [[ -z $found ]] && "$python" -E -c '' 2>/dev/null; then
            found="$python is $("$python" --version 2>&1)"
        fi
    done
    die "Python 3.11 or newer is needed, but ${found:-there is no ${PYTHON:-python3}}; PYTHON=/path/to/python3 names one"
}

# Let one script at a time past. The lock is on the project folder itself, so that no file is left behind, and
# taken by Python, because macOS has no flock command; it belongs to descriptor 9, which this shell holds.
lock() { # PYTHON WHAT_IS_DONE
    exec 9<"$project"
    "$1" -E - "$2" <<'PYTHON'
import fcntl
import sys

try:
    fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print(f"Waiting for another script that is {sys.argv[1]}…", file=sys.stderr)
    fcntl.flock(9, fcntl.LOCK_EX)
except OSError:
    pass  # Some network file systems have no locks: then nobody is kept out.
PYTHON
}

unlock() {
    exec 9<&-
}

# The lines of the stamp: where the environment is (its paths are absolute, so it cannot be moved), the Python that
# it was made from, what was installed, and, on a line of its own for the extras, what came on top.
stamp_place() {
    printf '%s\n%s\n' "$project" "$(python_identity "$venv/bin/python")"
}

stamp_contents() {
    (cd -- "$project" && cat setup.cfg pyproject.toml constraints.txt) | cksum
}

# The environment is in its place and was finished, whatever it holds.
environment_is_whole() {
    [[ -f $stamp && -x $venv/bin/python && $(head -n 2 -- "$stamp") == "$(stamp_place)" ]] &&
        [[ -z ${PYTHON:-} || $(python_identity "$PYTHON") == "$(sed -n 2p -- "$stamp")" ]]
}

# The environment holds what the project asks for now, and the extras named.
environment_is_ready() { # EXTRAS
    environment_is_whole && [[ $(sed -n 3p -- "$stamp") == "$(stamp_contents)" ]] &&
        [[ -z $1 || $(sed -n 4p -- "$stamp") == "$1" ]]
}

make_environment() { # EXTRAS
    local extras=$1 contents
    echo "Setting up the environment (once)…" >&2
    contents=$(stamp_contents)
    if environment_is_whole; then
        rm -f -- "$stamp"
    else
        "$python" -E -m venv --clear "$venv" >&2 || die "$python could not make the environment; its reason is above"
    fi
    # The build of the project happens in yet another environment. Only the variables reach that one: the first in
    # older versions of pip, the second in newer ones. pip splits them at spaces, hence the relative path.
    (
        cd -- "$project"
        export PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt PIP_USER=0
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
            --constraint constraints.txt --editable ".${extras:+[$extras]}"
    ) >&2 || die "the environment could not be made; pip's reason is above"
    compile_kernels
    { stamp_place && printf '%s\n%s\n' "$contents" "$extras"; } >"$stamp.new"
    mv -- "$stamp.new" "$stamp"
}

kernels_contents() {
    cat -- "$kernels"/*.py | cksum
}

kernels_are_ready() {
    [[ -f $kernels_stamp && $(<"$kernels_stamp") == "$(kernels_contents)" ]]
}

compile_kernels() {
    local contents
    echo "Compiling the kernels (once)…" >&2
    contents=$(kernels_contents)
    kernels_are_ready || rm -f -- "$kernels_stamp" "$kernels"/__pycache__/*.nb[ic]
    (cd -- "$project" && "$venv/bin/python" -m index.codec.warm) ||
        die "the kernels could not be compiled; the reason is above"
    mkdir -p -- "${kernels_stamp%/*}"
    printf '%s\n' "$contents" >"$kernels_stamp"
}

# Make sure of the environment, and of the extras if any are named; the extras stay until something else changes.
require_environment() { # [EXTRAS]
    environment_is_ready "${1:-}" && kernels_are_ready && return
    choose_python
    lock "$python" "setting up the environment"
    # Whoever held the lock may have done it all.
    environment_is_ready "${1:-}" || make_environment "${1:-}"
    kernels_are_ready || compile_kernels
    unlock
}
