#!/usr/bin/env bash
# Fills corpus/TARGET with seeds taken from the fixtures: bash fuzz/seeds.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
fixtures=../tests/fixtures

# copy TARGET FILE...: a seed for each file, named as its folder and itself.
copy() {
    local target=$1 file
    shift
    mkdir -p "corpus/$target"
    for file in "$@"; do
        cp "$file" "corpus/$target/$(basename "$(dirname "$file")")-$(basename "$file")"
    done
}

# lines TARGET: a seed for each line of the input.
lines() {
    local number=0 line
    mkdir -p "corpus/$1"
    while IFS= read -r line; do
        printf '%s' "$line" >"corpus/$1/line-$((++number))"
    done
}

# request NAME: one request, its lines ended as HTTP wants.
request() {
    mkdir -p corpus/request
    sed 's/$/\r/' >"corpus/request/$1"
}

copy feed $fixtures/feed/*.{xml,rdf,json}
copy page $fixtures/html/*.html $fixtures/detail/*.html
copy text $fixtures/text/*.txt
copy json $fixtures/json/*.json
copy sitemap $fixtures/sitemap/*.{xml,txt}
copy configuration $fixtures/config/*.toml

grep -v '^#' $fixtures/dates/fields.tsv | cut -f 3 | grep . | lines date
grep -ohE "'[^']{2,}'|\"[^\"]{2,}\"" ../config/topics.toml | sed 's/^.//; s/.$//' | lines query

mkdir -p corpus/charset
for charset in utf-8 iso-8859-1 windows-1252 utf-16 shift_jis iso-2022-jp gb18030; do
    for file in $fixtures/feed/rss2-{charset,latin1,mixed-charsets,basic}.xml; do
        { printf 'text/xml; charset=%s\n' "$charset"; cat "$file"; } >"corpus/charset/$charset-$(basename "$file")"
    done
done

request feed <<'HEAD'
GET /harbour.atom HTTP/1.1
Host: bulletins.example
If-None-Match: "0123", W/"4567-gzip"
If-Modified-Since: Mon, 28 Jun 2021 12:30:00 GMT
Accept-Encoding: gzip;q=0.5, br, *;q=0
A-IM: feed

HEAD
request search <<'HEAD'
GET /search.atom?q=%22labour%20migration%22+OR+migra* HTTP/1.1
Host: bulletins.example
Accept: text/html,application/xhtml+xml;q=0.9

HEAD
request former <<'HEAD'
HEAD /docks/mx.atom?a=b HTTP/1.1
Host: former.example:80
X-Forwarded-For: 192.0.2.1, 2001:db8::1
Forwarded: for="[2001:db8::1]:4711";proto=https

HEAD
request body <<'HEAD'
POST http://bulletins.example/%2e%2e/index.html HTTP/1.1
Host: bulletins.example
Transfer-Encoding: chunked

0

HEAD
