# Sourced by ./scripts/up and ./scripts/test: a .venv beside this folder with what the lock says.
#
#   setup up     what a newsroom needs
#   setup test   that, and what the checks need
#   setup docs   the first, and what builds the documentation; `setup test docs` does both at once
#
# Needs Python ≥ 3.11 and a package index that pip can reach, nothing else. Does nothing, without
# starting Python at all, when neither pyproject.toml nor the lock changed since the last time.
# shellcheck shell=bash

# POSIX tools and bash 3.2 (macOS) only.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=$root/.venv
python=$venv/bin/python

say() { printf '==> %s\n' "$*" >&2; }

fail() {
  printf '\n%s: %s\n' "$(basename "$0")" "$1" >&2
  shift
  [ $# -eq 0 ] || printf '  %s\n' "$@" >&2
  exit 2
}

setup() { # setup KIND…
  local kind lock count packages=0 locks=() stale=()
  for kind in "$@"; do
    lock=$(_lock "$kind")
    if [ -x "$python" ] && [ "$(cat "$venv/.installed-$kind" 2>/dev/null)" = "$(_stamp "$lock")" ]; then
      continue
    fi
    stale+=("$kind")
    locks+=(-r "$lock")
    count=$(grep -c '==' "$lock")
    [ "$count" -lt "$packages" ] || packages=$count
  done
  [ ${#stale[@]} -gt 0 ] || return 0
  # pip settings that make no sense inside a virtual environment, and a Python that is not ours.
  export PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_REQUIRE_VIRTUALENV=0
  unset PYTHONHOME
  _ensure_venv
  say "Installing $packages pinned packages into .venv (once, about half a minute)"
  _install --no-deps --require-hashes "${locks[@]}" ||
    fail "the packages could not be installed; pip says why above." \
      "It needs a package index (PyPI or a mirror set in pip's configuration) and free disk space." \
      "Run this again when that is fixed; it goes on where it stopped."
  (cd "$root" && _install_ticker --quiet --no-deps --no-build-isolation --editable .) ||
    fail "Ticker itself could not be installed into .venv; pip says why above."
  for kind in up "${stale[@]}"; do # the others hold what `up` needs, too
    printf '%s' "$(_stamp "$(_lock "$kind")")" >"$venv/.installed-$kind"
  done
}

_lock() {
  case $1 in
    up) printf '%s' "$root/requirements.lock" ;;
    test) printf '%s' "$root/requirements-dev.lock" ;;
    docs) printf '%s' "$root/requirements-docs.lock" ;;
  esac
}

# With the checks comes uv, which installs in six seconds what takes pip forty. It does not read
# pip's settings: the index is handed over, and where uv reaches none, pip does the work.
_install() {
  local lock=$root/requirements-dev.lock index
  case " $* " in
    *" $lock "*)
      index=${PIP_INDEX_URL:-$("$python" -m pip config list | sed -n "s/^[a-z:]*\.index-url='\(.*\)'$/\1/p" | tail -n 1)}
      sed -n '/^uv==/,/[^\\]$/p' "$lock" >"$venv/uv.lock"
      "$python" -m pip install --quiet --no-deps --require-hashes -r "$venv/uv.lock" &&
        UV_HTTP_TIMEOUT=20 UV_HTTP_RETRIES=1 "$python" -m uv pip install --quiet \
          --python "$python" ${index:+--default-index "$index"} "$@" 2>"$venv/uv.log" && return
      ;;
  esac
  "$python" -m pip install --quiet "$@"
}

_install_ticker() { # without the checks there is no uv
  "$python" -m uv pip install --python "$python" "$@" 2>/dev/null || "$python" -m pip install "$@"
}

# A moved clone needs a new .venv (its scripts name their old place), and so does one whose Python
# was replaced by the next minor version.
_stamp() {
  printf '%s %s %s' "$(cat "$root/pyproject.toml" "$1" | cksum)" "$root" \
    "$(readlink -f "$python" 2>/dev/null)"
}

_suits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

_find_python() {
  local name
  for name in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 python; do
    if command -v "$name" >/dev/null 2>&1 && _suits "$name"; then
      command -v "$name"
      return
    fi
  done
  fail "Ticker needs Python 3.11 or newer, and none is on the PATH." \
    "python3 here is: $(command -v python3 || echo missing) $(python3 --version 2>/dev/null)" \
    "Debian 12, Ubuntu 24.04 and newer: apt-get install python3 python3-venv" \
    "macOS: brew install python@3.13" \
    "Elsewhere: put it on the PATH, or name it: PYTHON=/path/to/python3.12 $0"
}

_has_pip() { "$python" -m pip --version >/dev/null 2>&1; }

_ensure_venv() {
  if [ -e "$venv" ] && ! { [ -x "$python" ] && _suits "$python"; }; then
    say "The old .venv does not work any more; making a new one"
    rm -rf "$venv"
  elif [ -x "$python" ] && [ "$(cat "$venv/.root" 2>/dev/null || echo "$root")" != "$root" ]; then
    say "This folder has moved; making a new .venv"
    rm -rf "$venv"
  fi
  if ! [ -x "$python" ]; then
    local base
    base=$(_find_python) || exit 2
    say "Making .venv with $("$base" --version 2>&1) ($base)"
    _make_venv "$base"
    printf '%s' "$root" >"$venv/.root"
  fi
  _has_pip || "$python" -m ensurepip >/dev/null 2>&1 || _borrow_pip "$(_find_python)" || _no_venv
}

# Debian and Ubuntu take `ensurepip` out of python3 and refuse `pip install` outside a virtual
# environment. In order of how little they change on the machine:
_make_venv() {
  local base=$1
  "$base" -m venv "$venv" >/dev/null 2>&1 && _has_pip && return
  rm -rf "$venv"
  "$base" -m virtualenv --quiet "$venv" >/dev/null 2>&1 && _has_pip && return
  rm -rf "$venv"
  "$base" -m venv --without-pip "$venv" >/dev/null 2>&1 && _borrow_pip "$base" && return
  rm -rf "$venv"
  command -v uv >/dev/null 2>&1 && uv venv --quiet --seed --python "$base" "$venv" && _has_pip && return
  rm -rf "$venv"
  if command -v apt-get >/dev/null 2>&1 && apt_install "python3-venv"; then
    "$base" -m venv "$venv" >/dev/null 2>&1 && _has_pip && return
    rm -rf "$venv"
  fi
  _no_venv
}

# A pip outside can install one inside (pip ≥ 22.3); the packages outside stay as they are.
_borrow_pip() {
  "$1" -m pip --python "$python" install --quiet pip >/dev/null 2>&1 && _has_pip
}

_no_venv() {
  fail "this Python cannot make a virtual environment: it has no ensurepip and no pip." \
    "Debian and Ubuntu: apt-get install python3-venv   (as root), then run this again."
}

# apt_install PACKAGE…: true when they are there afterwards. Only as root, or where sudo asks for
# no password.
apt_install() {
  local sudo=
  if [ "$(id -u)" != 0 ]; then
    sudo -n true >/dev/null 2>&1 || return 1
    sudo="sudo -n"
  fi
  say "Installing with apt-get: $*"
  local apt="$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120"
  # shellcheck disable=SC2086  # a command and its arguments
  $apt install --no-install-recommends -y "$@" >/dev/null 2>&1 ||
    { $apt update >/dev/null && $apt install --no-install-recommends -y "$@" >/dev/null; }
}
