# shellcheck shell=bash
# Debian packages: what the cluster needs, and how it gets here. Sourced.

cluster_packages=(libhiredis-dev libssl-dev libcurl4-openssl-dev libcrypt-dev zlib1g-dev redis-server redis-tools curl jq)
# shellcheck disable=SC2034 # read by those that source this
bench_packages=(nginx wrk python3)

# Prints those of the given packages that are not installed.
missing_packages() {
  local package
  for package; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
  done
}

# Installs what is missing. Without root it prints the one line that would do it, and fails.
need_packages() {
  local missing
  if ! command -v dpkg-query >/dev/null; then
    echo "This is not Debian: PolyStatus takes for granted that you have what these Debian packages hold: $*"
    return
  fi
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  if ((EUID)); then
    echo "Some Debian packages are missing, and only root can install them. Please run this, then try again:" >&2
    echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}" >&2
    return 1
  fi
  echo "Installing ${missing[*]} (about a minute)."
  local apt=(apt-get -qq -o DPkg::Lock::Timeout=300)
  export DEBIAN_FRONTEND=noninteractive
  "${apt[@]}" update
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null
}
