#!/usr/bin/env bash
# P13: requests a second with 100 users and no time to think, on nginx on the same machine, against wrk -t2 -c100. Then a
# service whose answers take known times, with 20 users: the percentiles are to agree with wrk's, as fast as answers come and
# at half that rate, where requests are due whatever the answers take. A ratio here is of rates, so that more is better.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

seconds=${TIME:-10}
for tool in wrk nginx jq; do
    command -v "$tool" >/dev/null || [ -x "/usr/sbin/$tool" ] || fail "needs $tool: apt-get install wrk nginx-light jq"
done
PATH=$PATH:/usr/sbin
machine
start_temporal

fast=$(free_port)
mkdir -p "$work/nginx"
cat >"$work/nginx.conf" <<CONF
worker_processes 2;
daemon off;
pid $work/nginx/pid;
events { worker_connections 1024; }
http {
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path $work/nginx/body;
    proxy_temp_path $work/nginx/proxy;
    fastcgi_temp_path $work/nginx/fastcgi;
    uwsgi_temp_path $work/nginx/uwsgi;
    scgi_temp_path $work/nginx/scgi;
    server {
        listen 127.0.0.1:$fast;
        location / { return 200 "hello, world\n"; }
    }
}
CONF
begin nginx.log nginx -c "$work/nginx.conf" -p "$work/nginx" -e "$work/nginx/error.log"
await 20 nginx curl -sf "http://127.0.0.1:$fast/"

known=$(free_port)
begin known.log "$(java_of)" "$home/bench/KnownTimes.java" "$known"
await 60 "the service with known times" curl -sf "http://127.0.0.1:$known/"

mkdir -p "$work/plans"
# plan NAME FIELDS: a load, with more fields
plan() {
    cat >"$work/plans/$1.yaml" <<PLAN
name: $1
target: '\${{ .params.url }}'
parameters: {url: {required: true}, users: {type: integer, required: true}, rate: {type: integer, default: 1}}
resources: {service: {kind: http, url: '\${{ .params.url }}'}}
phases:
  - name: only
    steps:
      - name: load
        uses: load.http
        with: {to: service, users: '\${{ .params.users }}', time: ${seconds}s, requests: [{path: /}]$2}
PLAN
}
plan load ""
plan due ", rate: '\${{ .params.rate }}/s'"
start_worker

# ours PORT USERS [RATE]: the output of the step
ours() {
    local plan=load
    [ -z "${3:-}" ] || plan=due
    "$temporal" workflow execute --type Migration --task-queue godwit --workflow-id "$plan/http://127.0.0.1:$1" \
        --input "{\"plan\": \"$plan\", \"parameters\": {\"url\": \"http://127.0.0.1:$1\", \"users\": $2,
            \"rate\": ${3:-1}}}" \
        >"$work/run.log" 2>&1 || fail "the run failed; see $work/run.log (kept with KEEP=1)"
    jq -ce . "$(grep -o "$work/state/evidence/[^\"]*" "$work/run.log" | head -n 1)/steps/load.1/output.json"
}

# peers PORT USERS: what wrk prints
peers() { wrk -t2 -c"$2" -d"${seconds}s" --latency "http://127.0.0.1:$1/"; }

rate_of() { sed -n 's/^Requests\/sec: *//p'; }
# percentile P: of what wrk prints, in milliseconds
percentile() {
    awk -v p="$1%" '$1 == p {
        v = $2; sub(/[a-z]+$/, "", v)
        print v * ($2 ~ /us$/ ? 0.001 : $2 ~ /ms$/ ? 1 : 1000)
    }'
}

ours "$fast" 100 >/dev/null # warm
peers "$fast" 100 >/dev/null
for i in $(seq "$pairs"); do
    a=$(ours "$fast" 100)
    [ "$(jq .failed <<<"$a")" = 0 ] || fail "requests failed: $a"
    a=$(jq .throughput <<<"$a")
    b=$(peers "$fast" 100 | rate_of)
    echo "$a" >>"$work/ours"
    echo "$b" >>"$work/peers"
    awk "BEGIN {print $a / $b}" >>"$work/ratios"
    say "  pair $i: Godwit $a/s, wrk $b/s"
done
echo "P13 ratio of rates $(median <"$work/ratios") (Godwit $(median <"$work/ours")/s, wrk $(median <"$work/peers")/s," \
    "100 users, $pairs pairs of $seconds s)"

for i in $(seq "$pairs"); do
    a=$(ours "$known" 20)
    peers "$known" 20 >"$work/wrk.txt"
    half=$(rate_of <"$work/wrk.txt" | awk '{print int($1 / 2)}')
    due=$(ours "$known" 20 "$half")
    [ "$(jq .failed <<<"$due")" = 0 ] || fail "requests failed: $due"
    for p in 50 90 99; do
        theirs=$(percentile $p <"$work/wrk.txt")
        awk "BEGIN {print $(jq ".p$p" <<<"$a") / $theirs}" >>"$work/p$p"
        awk "BEGIN {print $(jq ".p$p" <<<"$due") / $theirs}" >>"$work/due-p$p"
        say "  pair $i: p$p of Godwit $(jq ".p$p" <<<"$a") ms, at $half/s $(jq ".p$p" <<<"$due") ms, of wrk $theirs ms"
    done
    awk "BEGIN {print $(jq .throughput <<<"$a") / $(rate_of <"$work/wrk.txt")}" >>"$work/known"
    awk "BEGIN {print $(jq .throughput <<<"$due") / $half}" >>"$work/due"
done
echo "P13 percentiles over wrk's: p50 $(median <"$work/p50"), p90 $(median <"$work/p90"), p99 $(median <"$work/p99")," \
    "at rates of $(median <"$work/known") (20 users, known times)"
echo "P13 percentiles over wrk's with half its rate given: p50 $(median <"$work/due-p50")," \
    "p90 $(median <"$work/due-p90"), p99 $(median <"$work/due-p99"), at $(median <"$work/due") of the rate"
