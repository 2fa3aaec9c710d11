#!/bin/sh
# curl in a loop: the last id goes back as Last-Event-ID.
last=""
while :; do
  curl -sN --connect-timeout 2 -H "Last-Event-ID: $last" "$1/v1/events?backlog=0" | (
    while IFS= read -r line; do
      case "$line" in
        "id: "*) id=${line#id: }; id=$(printf %s "$id" | tr -d '\r') ;;
        "data: "*'"type":"item"'*) printf '%s\n' "$line" | sed 's/.*"item":{"id":"\([^"]*\)".*/\1/' ;;
        "") printf %s "$id" > "$2" ;;
      esac
    done
  )
  last=$(cat "$2" 2>/dev/null)
  sleep 0.2
done
