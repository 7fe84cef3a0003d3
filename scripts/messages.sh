# shellcheck shell=bash
# `./polystatus messages`: what lies on the bus, through the supervision of comms. Sourced.

# Prints one line a message, newest first: time, name, sender, correlation id, state, uuid; under it what went wrong with it.
messages() {
  local query=(--data-urlencode "maxResults=${MESSAGES_MAX:-50}") answer token
  while (($#)); do
    case $1 in
      --name | --cid)
        [[ -n ${2:-} ]] || fail "$1 needs a value, such as ./polystatus messages --name 'incident.#'"
        query+=(--data-urlencode "${1#--}=$2") && shift
        ;;
      --name=* | --cid=*) query+=(--data-urlencode "${1#--}") ;;
      --dead) query+=(--data-urlencode state=dead) ;;
      *) fail "messages knows --name PATTERN, --cid CID and --dead, not $1" ;;
    esac
    shift
  done
  token=$(ask_users --token) || return
  answer=$(curl -sS --get "${query[@]}" -H "Authorization: Bearer $token" "$(url comms)/api/v1/messages") ||
    fail "comms does not answer. ./polystatus status shows what runs."
  jq -er 'if .results then empty else .detail // "comms gave no answer that can be read" end' <<<"$answer" && return 1
  jq -r '
    def one: [.event_creation_time[:19], .event_name, .event_sender_id, .data.cid, .state, .event_uuid] | join("  ");
    def standing: "    \(.group): \(.state), \(.errors_count) errors";
    if .totalResults == 0 then "No such message." else
      (.results[] | one, (.consumers[] | standing)),
      (if .totalResults > (.results | length) then "The newest \(.results | length) of \(.totalResults)." else empty end)
    end' <<<"$answer"
}
