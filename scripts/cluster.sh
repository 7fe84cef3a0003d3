# shellcheck shell=bash
# The cluster on this machine: its ports, its processes, whether they are ready.
# Sourced. Needs `root` (the checkout) and `home` (POLYSTATUS_HOME, absolute); `offset` shifts every port.

services=(users incidents comms csp-ingestor flags frontend)
declare -A usual_port=([frontend]=8000 [flags]=8070 [users]=8080 [incidents]=8081 [comms]=8082 [csp-ingestor]=8083)
redis_socket=$home/redis/redis.sock
# shellcheck disable=SC2034 # read by those that source this
binaries=$root/.build/release
# Some shells export HOST as the machine's name: only an address is taken as meant for us.
[[ ${HOST:-} =~ ^[0-9.]+$|: ]] || HOST=127.0.0.1

port() { echo $((usual_port[$1] + offset)); }

# Where a neighbour finds a service.
url() {
  case $HOST in
    0.0.0.0 | ::) echo "http://127.0.0.1:$(port "$1")" ;;
    *:*) echo "http://[$HOST]:$(port "$1")" ;;
    *) echo "http://$HOST:$(port "$1")" ;;
  esac
}

# The same, as a person types it.
address() {
  local address
  address=$(url "$1")
  echo "${address/127.0.0.1/localhost}"
}

# Exports what one service reads.
environment() {
  local name variable
  for name in "${services[@]}"; do
    variable=${name^^}_URL
    export "${variable//-/_}=$(url "$name")"
  done
  if [[ -f $home/clock ]]; then # the demo's past: what the file says counts as now
    export LD_PRELOAD=/usr/lib/$HOSTTYPE-linux-gnu/faketime/libfaketimeMT.so.1
    export FAKETIME_TIMESTAMP_FILE=$home/clock FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1
  fi
  PORT=$(port "$1")
  export HOST PORT POLYSTATUS_HOME=$home REDIS_URL=redis+unix://$redis_socket PUBLIC_URL=${PUBLIC_URL:-$(address frontend)}
}

# Prints those of the given ports on which something listens, on any address.
busy_ports() {
  { cat /proc/net/tcp /proc/net/tcp6 2>/dev/null || true; } | awk -v ports="$*" '
    BEGIN { n = split(ports, list, " "); for (i = 1; i <= n; i++) asked[sprintf("%04X", list[i])] = list[i] }
    $4 == "0A" { m = split($2, address, ":"); if (address[m] in asked) print asked[address[m]] }' | sort -nu
}

# The smallest of FROM, FROM + 100, … by which all six ports are free.
free_offset() { # FROM
  local offset name ports
  for ((offset = $1; offset < 57000; offset += 100)); do
    ports=()
    for name in "${services[@]}"; do ports+=("$(port "$name")"); done
    [[ -n $(busy_ports "${ports[@]}") ]] || { echo "$offset"; return; }
  done
  return 1
}

# Prints the pid of a process of this cluster (redis, supervise or a service), or fails when it does not run.
# A pid left in a file may since belong to somebody else: ours works in our folder and bears the name.
pid_of() {
  local pid
  pid=$(cat "$home/run/$1.pid" 2>/dev/null) || return 1
  [[ $(readlink "/proc/$pid/cwd" 2>/dev/null)/ == "$home"/* ]] || return 1
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q -- "$1" || return 1
  echo "$pid"
}

# Prints the pids of the processes that work in a folder or below it.
working_in() { # FOLDER
  local link
  for link in /proc/[0-9]*/cwd; do
    link=${link%/cwd}
    [[ $(readlink "$link/cwd" 2>/dev/null)/ != "$1"/* ]] || echo "${link#/proc/}"
  done
}

is_ready() {
  [[ $(curl -s -o /dev/null --noproxy '*' --max-time 2 -w '%{http_code}' "$(url "$1")/ready") == 200 ]]
}

# Prints the names of the services that do not answer 200 on /ready.
not_ready() {
  local name
  for name in "${services[@]}"; do is_ready "$name" || echo "$name"; done
}

# Ends a process: TERM, and KILL when it is still there after `seconds`. Returns when it is gone; one that only waits
# for its parent to notice (it has no executable any more) counts as gone.
end() { # pid seconds
  local polls=0
  kill -TERM "$1" 2>/dev/null || return 0
  while [[ -e /proc/$1/exe ]] && ((polls++ < $2 * 50)); do sleep 0.02; done
  kill -KILL "$1" 2>/dev/null || true
}

# Ends what a killed supervisor left behind: the services first, Redis last.
end_leftovers() {
  local name pid
  for name in "${services[@]}" redis; do
    if pid=$(pid_of "$name"); then end "$pid" 12; fi
    rm -f "$home/run/$name.pid"
  done
}
