#!/usr/bin/env bash
# Runs a command beside a real Kafka and a real Elasticsearch of its own, and stops them whatever becomes of it.
#
#   deploy/engines/with-engines.sh go test ./...
#
# The engines listen on free ports of 127.0.0.1 and keep their data in a fresh folder that goes when they do. CMD gets
#
#   VITRINE_TEST_KAFKA        host:port of the broker
#   VITRINE_TEST_ES           http://host:port of the node
#
# and, where the engines run from jars (not in Docker), what a test needs to stop, kill and restart them:
#
#   VITRINE_TEST_ENGINES_BIN  this folder: kafka/kafka.sh and elasticsearch/elasticsearch.sh take stop, kill, start, status
#   VITRINE_TEST_KAFKA_DIR    the broker's DIR for kafka.sh; its PORT is that of VITRINE_TEST_KAFKA
#   VITRINE_TEST_ES_DIR       the node's DIR for elasticsearch.sh; its PORT is that of VITRINE_TEST_ES
#
# for example: kafka.sh kill "$VITRINE_TEST_KAFKA_DIR"; kafka.sh start "$VITRINE_TEST_KAFKA_DIR" "${VITRINE_TEST_KAFKA##*:}"
#
# A caller who has set VITRINE_TEST_KAFKA and VITRINE_TEST_ES already keeps those engines, and nothing is started.
# ENGINES chooses:
#   auto       (default) a JDK 17+ and Maven, else Docker; where there is neither, a notice, and CMD runs without the
#              variables; with CI=true that is a failure
#   required   as auto, but a failure everywhere
#   none       CMD runs without the variables
# The exit status is CMD's; 70 where the engines could not be had or did not start.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -gt 0 ] || { sed -n '2,4p' "${BASH_SOURCE[0]}" >&2; exit 2; }

say() { echo "with-engines: $*" >&2; }
unavailable() { # WHY CMD…: a notice nobody overlooks, then CMD; or the end, where real engines are owed
  if [ "${CI:-}" = true ] || [ "$mode" = required ]; then
    say "$1"
    say "the suites on real Kafka and Elasticsearch are owed here (CI=true or ENGINES=required): giving up"
    exit 70
  fi
  cat >&2 <<NOTICE
********************************************************************************
*  NOT RUN: the suites on real Kafka and Elasticsearch
*  $1
*  Install a JDK 17+ and Maven, or Docker, and run this again.
*  What follows is tested on the embedded engines alone.
********************************************************************************
NOTICE
  shift
  exec "$@"
}
has_jdk() { # a java of 17 or newer
  local java=java v
  [ -n "${JAVA_HOME:-}" ] && [ -x "$JAVA_HOME/bin/java" ] && java=$JAVA_HOME/bin/java
  v=$("$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p') && [ "${v:-0}" -ge 17 ]
}
has_docker() { docker compose version >/dev/null 2>&1 && timeout 20 docker info >/dev/null 2>&1; }
open_port() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
free_port() { # STEP: a port that is free together with port+STEP, below the range that outgoing connections use
  local p
  while :; do
    p=$((15000 + RANDOM % 16000))
    open_port "$p" || open_port $((p + $1)) || { echo "$p"; return; }
  done
}

kafka=$here/kafka/kafka.sh es=$here/elasticsearch/elasticsearch.sh
dir='' project='' child=''
# shellcheck disable=SC2317 # the trap calls it
stop_all() {
  trap '' INT TERM HUP
  if [ -n "$child" ] && kill -TERM -- "-$child" 2>/dev/null; then   # interrupted, or CMD left processes behind
    for ((i = 0; i < 100; i++)); do kill -0 -- "-$child" 2>/dev/null || break; sleep 0.1; done
    kill -KILL -- "-$child" 2>/dev/null || true
  fi
  if [ -n "$project" ]; then docker compose -f "$here/compose.yaml" -p "$project" down -v >/dev/null 2>&1 || true; fi
  if [ -n "$dir" ]; then
    "$kafka" stop "$dir/kafka" >/dev/null || true
    "$es" stop "$dir/es" >/dev/null || true
    rm -rf "$dir"
  fi
}
start() { # SCRIPT DIR STEP: prints the port; another process may take a free one first (75), so it tries three
  local port try status
  for try in 1 2 3; do
    port=$(free_port "$3") status=0
    "$1" start "$2" "$port" >&2 || status=$?
    [ $status = 0 ] && { echo "$port"; return 0; }
    [ $status = 75 ] || break
  done
  say "$1 did not start (try $try)"
  return 1
}
start_from_jars() {
  local kport eport
  dir=$(mktemp -d "${TMPDIR:-/tmp}/vitrine-engines.XXXXXX")
  chmod 755 "$dir"   # where Elasticsearch has to run as nobody, nobody must get there
  kport=$(start "$kafka" "$dir/kafka" 1) || exit 70
  eport=$(start "$es" "$dir/es" 100) || exit 70
  export VITRINE_TEST_KAFKA=127.0.0.1:$kport VITRINE_TEST_ES=http://127.0.0.1:$eport
  export VITRINE_TEST_ENGINES_BIN=$here VITRINE_TEST_KAFKA_DIR=$dir/kafka VITRINE_TEST_ES_DIR=$dir/es
}
start_in_docker() {
  project=vitrine-test-$$
  KAFKA_PORT=$(free_port 1) ES_PORT=$(free_port 1); export KAFKA_PORT ES_PORT
  docker compose -f "$here/compose.yaml" -p "$project" up -d --wait >&2 || { say "Docker could not start the engines"; exit 70; }
  export VITRINE_TEST_KAFKA=127.0.0.1:$KAFKA_PORT VITRINE_TEST_ES=http://127.0.0.1:$ES_PORT
}

mode=${ENGINES:-auto}
case $mode in
  none) exec "$@" ;;
  auto|required) ;;
  *) say "ENGINES is auto, required or none, not $mode"; exit 2 ;;
esac
if [ -n "${VITRINE_TEST_KAFKA:-}" ] && [ -n "${VITRINE_TEST_ES:-}" ]; then
  say "using Kafka at $VITRINE_TEST_KAFKA and Elasticsearch at $VITRINE_TEST_ES, which run already"
  exec "$@"
fi
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
if has_jdk && command -v mvn >/dev/null; then
  if "$kafka" prefetch >/dev/null && "$es" prefetch >/dev/null; then start_from_jars
  else unavailable "Maven could not fetch the servers (is the network there?)." "$@"; fi
elif has_docker; then start_in_docker
else unavailable "There is neither a JDK 17+ with Maven nor a Docker engine." "$@"; fi

# In a process group of its own, so that a signal to this script ends all of CMD before the engines go. No stdin:
# a background group may not read the terminal.
set -m
"$@" </dev/null &
child=$!
set +m
wait "$child"
