# Ports of the host's loopback that lead into the cluster. Source it after lib.sh and node.sh.

port_user() { ss -Hltnp "sport = :$1" 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1 (process \2)/p' | head -n 1; }
port_is_taken() { [ -n "$(ss -Hltn "src 127.0.0.1:$1 or src 0.0.0.0:$1 or src [::]:$1" 2>/dev/null)" ]; }

# check_ports: before anything is started, so that nothing is left half way.
check_ports() {
  local pair port
  is_alive "$(state_get relay)" && return 0
  for pair in "CRESSET_API_PORT=$API_PORT" "CRESSET_GATEWAY_PORT=$GATEWAY_PORT"; do
    port=${pair#*=}
    [[ $port =~ ^[0-9]+$ ]] && [ "$port" -ge 1 ] && [ "$port" -le 65535 ] ||
      die "${pair%=*} is '$port'; allowed is a number from 1 to 65535"
    port_is_taken "$port" || continue
    die "port $port on 127.0.0.1 is taken by $(port_user "$port" | grep . || echo "another process")." \
      "End it, or choose another: ${pair%=*}=$((port + 10000)) ./dev up"
  done
}

# exec_relay LISTEN=TARGET...: becomes the relay.
exec_relay() {
  local init
  use_relay || exit 1
  init=$(node_init)
  exec "$CRESSET_RELAY" "${init%%:*}" "$DNS_SERVICE_IP:53" "$@"
}

# start_relay KEY LISTEN=TARGET...: remembered in the state file as KEY.
start_relay() {
  local key=$1 pid log init; shift
  is_alive "$(state_get "$key")" && return 0
  use_relay || return 1
  log=$DIR/logs/$key.log init=$(node_init)
  # Two descriptors a connection: an open loop against a slow service holds tens of thousands.
  ulimit -n 1048576 2>/dev/null
  setsid "$CRESSET_RELAY" "${init%%:*}" "$DNS_SERVICE_IP:53" "$@" >"$log" 2>&1 </dev/null 8>&- 9>&- &
  pid=$!
  disown $pid
  state_set "$key" "$(identity $pid)"
  local first=${1%%=*}
  wait_or_explain 5 "the relay at $first" "$log" port_is_taken "${first##*:}" && is_alive "$(state_get "$key")" ||
    { say "error: the relay did not start:"; cat "$log" >&2; return 1; }
}

stop_relays() {
  local key
  for key in $(sed -n 's/^\(relay[^=]*\)=.*/\1/p' "$STATE" 2>/dev/null); do end_process "$(state_get "$key")" 2; done
}
