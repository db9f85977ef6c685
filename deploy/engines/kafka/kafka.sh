#!/usr/bin/env bash
# A real Apache Kafka broker (KRaft, no Docker), from jars that Maven resolves once.
#
#   kafka.sh prefetch              resolve the jars only (needs the registry; everything else works offline)
#   kafka.sh start  DIR PORT       start a broker with its data in DIR, on 127.0.0.1:PORT; returns when ready
#   kafka.sh stop   DIR [PORT]     stop it (data stays in DIR; a later start goes on with it)
#   kafka.sh kill   DIR [PORT]     end it at once (SIGKILL), as a crash would
#   kafka.sh status DIR [PORT]     exit 0 and "running pid=…" or exit 3 and "stopped"
#
# All are idempotent; start exits 75 where the port is taken. Environment (all optional):
#   ENGINES_CACHE      where the jars lie        (default ~/.cache/vitrine-engines)
#   KAFKA_HEAP         e.g. 512m                 (default 512m)
#   KAFKA_WAIT         seconds to wait for ready (default 60)
#   KAFKA_CONTROLLER_PORT                        (default PORT+1)
#   KAFKA_EXTRA_PROPS  a file appended to server.properties, or properties themselves, one per line
#   more than one broker: KAFKA_NODE_ID (1), KAFKA_ROLES (broker,controller), KAFKA_CLUSTER_ID,
#     KAFKA_VOTERS (1@127.0.0.1:CONTROLLER_PORT): same CLUSTER_ID and VOTERS for each, own DIR, PORT and NODE_ID;
#     KAFKA_ROLES=broker for the brokers that are not in VOTERS
#   KAFKA_JAVA         a java of version 17 or newer (default $JAVA_HOME/bin/java, else java)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${ENGINES_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vitrine-engines}
ver=$(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' "$here/pom.xml")
libs=$cache/kafka-$ver
die() { echo "kafka.sh: $*" >&2; exit 1; }
taken() { echo "kafka.sh: 127.0.0.1:$1 is taken by something else" >&2; exit 75; }
java_bin() {
  if [ -n "${KAFKA_JAVA:-}" ]; then echo "$KAFKA_JAVA"
  elif [ -n "${JAVA_HOME:-}" ] && [ -x "$JAVA_HOME/bin/java" ]; then echo "$JAVA_HOME/bin/java"
  else command -v java || die "no java"; fi
}
prefetch() {
  [ -e "$libs/.complete" ] && return 0
  mkdir -p "$cache"
  exec 9>"$cache/kafka.lock"; flock 9          # two starts at once: one resolves, the other waits
  if [ ! -e "$libs/.complete" ]; then
    command -v mvn >/dev/null || die "mvn is needed to resolve the jars"
    rm -rf "$libs" "$libs.part"
    mvn -B -q -Dstyle.color=never -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
      -DoutputDirectory="$libs.part" >&2 || die "mvn could not resolve the jars"
    mv "$libs.part" "$libs"; touch "$libs/.complete"
  fi
  exec 9>&-
}
pid_of() { # prints the pid when DIR's broker runs
  local p; p=$(cat "$1/kafka.pid" 2>/dev/null) || return 1
  [ -n "$p" ] && tr '\0' '\n' <"/proc/$p/cmdline" 2>/dev/null | grep -qxF -- "-Dvitrine.dir=$1" || return 1
  echo "$p"
}
open_port() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

start() {
  local dir=$1 port=$2 p
  if p=$(pid_of "$dir"); then echo "already running pid=$p"; return 0; fi
  open_port "$port" && taken "$port"
  prefetch
  local java cport id roles cluster voters
  java=$(java_bin); cport=${KAFKA_CONTROLLER_PORT:-$((port + 1))}
  id=${KAFKA_NODE_ID:-1}; roles=${KAFKA_ROLES:-broker,controller}
  cluster=${KAFKA_CLUSTER_ID:-dml0cmluZS1lbmdpbmUtMQ}   # 22 characters of base64, a UUID
  voters=${KAFKA_VOTERS:-1@127.0.0.1:$cport}
  case $roles in *controller*) open_port "$cport" && taken "$cport" ;; esac
  mkdir -p "$dir/logs" "$dir/tmp"
  {
    echo "process.roles=$roles"
    echo "node.id=$id"
    echo "controller.quorum.voters=$voters"
    echo "controller.listener.names=CONTROLLER"
    case $roles in
      broker,controller|controller,broker) echo "listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$cport" ;;
      broker)     echo "listeners=PLAINTEXT://127.0.0.1:$port" ;;
      controller) echo "listeners=CONTROLLER://127.0.0.1:$cport" ;;
    esac
    case $roles in *broker*) echo "advertised.listeners=PLAINTEXT://127.0.0.1:$port"
                             echo "inter.broker.listener.name=PLAINTEXT" ;; esac
    cat <<P
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$dir/data
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=16777216
P
    if [ -n "${KAFKA_EXTRA_PROPS:-}" ]; then
      if [ -f "$KAFKA_EXTRA_PROPS" ]; then cat "$KAFKA_EXTRA_PROPS"; else printf '%s\n' "$KAFKA_EXTRA_PROPS"; fi
    fi
  } >"$dir/server.properties"
  local jopts=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Djava.awt.headless=true
    -Djava.net.preferIPv4Stack=true -Djava.io.tmpdir="$dir/tmp" -Dlog4j2.configurationFile="$here/log4j2.xml")
  if [ ! -e "$dir/data/meta.properties" ]; then
    "$java" -Xmx128m "${jopts[@]}" -Dkafka.loglevel=ERROR -cp "$libs/*" kafka.tools.StorageTool format \
      -t "$cluster" -c "$dir/server.properties" --ignore-formatted >"$dir/logs/format.out" 2>&1 \
      || { cat "$dir/logs/format.out" >&2; die "could not format $dir/data"; }
  fi
  [ -e "$dir/logs/server.out" ] && mv -f "$dir/logs/server.out" "$dir/logs/server.out.1"
  local heap=${KAFKA_HEAP:-512m}
  ( cd "$dir"; exec setsid "$java" -Xms128m -Xmx"$heap" "${jopts[@]}" -XX:+ExitOnOutOfMemoryError \
      -Dvitrine.dir="$dir" -cp "$libs/*" kafka.Kafka "$dir/server.properties" \
      </dev/null >"$dir/logs/server.out" 2>&1 ) &
  p=$!; echo "$p" >"$dir/kafka.pid"; disown "$p" 2>/dev/null || true
  local end=$((SECONDS + ${KAFKA_WAIT:-60}))
  until grep -q 'Kafka Server started' "$dir/logs/server.out" 2>/dev/null; do
    if ! kill -0 "$p" 2>/dev/null; then
      rm -f "$dir/kafka.pid"; tail -30 "$dir/logs/server.out" >&2; die "the broker ended; see $dir/logs/server.out"
    fi
    [ $SECONDS -lt $end ] || { stop "$dir" >/dev/null; die "not ready in ${KAFKA_WAIT:-60} s; see $dir/logs/server.out"; }
    sleep 0.1
  done
  echo "started pid=$p 127.0.0.1:$port kafka=$ver"
}
await_end() { # PID TENTHS: waits until it has ended, its ports with it; one that nobody has waited for (Z) has ended
  local i
  for ((i = 0; i < $2; i++)); do
    grep -qvE '^State:[[:space:]]+[ZX]' < <(grep -hs '^State:' "/proc/$1/task/"*/status) || return 0
    sleep 0.1
  done
  return 1
}
kill_now() {
  local dir=$1 p
  if p=$(pid_of "$dir"); then kill -KILL "$p" 2>/dev/null || true; await_end "$p" 100 || die "pid $p does not end"; fi
  rm -f "$dir/kafka.pid"; echo "stopped"
}
stop() {
  local dir=$1 p
  if p=$(pid_of "$dir"); then
    kill -TERM "$p" 2>/dev/null || true
    await_end "$p" 300 || { kill_now "$dir"; return; }
  fi
  rm -f "$dir/kafka.pid"; echo "stopped"
}
status() { local p; if p=$(pid_of "$1"); then echo "running pid=$p"; else echo "stopped"; return 3; fi; }

cmd=${1:-}; shift || true
case $cmd in
  prefetch) prefetch; echo "$libs" ;;
  start)  [ $# -eq 2 ] || die "usage: start DIR PORT"; mkdir -p "$1"; start "$(cd "$1" && pwd -P)" "$2" ;;
  stop|kill|status)
    [ $# -ge 1 ] || die "usage: $cmd DIR [PORT]"
    [ -d "$1" ] || { echo "stopped"; [ "$cmd" != status ] && exit 0 || exit 3; }
    dir=$(cd "$1" && pwd -P)
    case $cmd in stop) stop "$dir" ;; kill) kill_now "$dir" ;; status) status "$dir" ;; esac ;;
  *) sed -n '2,10p' "${BASH_SOURCE[0]}"; exit 2 ;;
esac
