{{/* The environment of a role. Arguments as for ticker.deployment. */}}
{{- define "ticker.env" -}}
{{- $root := .root -}}
{{- $redis := $root.Values.redis -}}
{{- $url := required "redis.url: the address of Redis or Valkey" $redis.url -}}
{{- $env := dict
  "TICKER_REDIS_URL" (include "ticker.redisUrl" (dict "root" $root "role" .role "url" $url))
  "TICKER_NAMESPACE" $root.Values.namespace
  "TICKER_PUBLIC_URL" (required "publicUrl: the public address, such as https://news.example" $root.Values.publicUrl)
  "TICKER_DRAIN_TIME" (toString $root.Values.drainTime)
  "TICKER_LOG_FORMAT" "json"
  "TICKER_METRICS_HOST" $root.Values.listenAddress
  "TICKER_METRICS_PORT" (toString $root.Values.metrics.port)
-}}
{{- if .server -}}
{{- /* Only the Ingress controller reaches the port (NetworkPolicy). Override it in `config` otherwise. */ -}}
{{- if $root.Values.networkPolicy.enabled -}}
{{- $env = set $env "TICKER_TRUSTED_PROXIES" "*" -}}
{{- end -}}
{{- end -}}
{{- $jobs := ternary "" $redis.jobsUrl (eq .role "gateway") -}}
{{- with $jobs -}}
{{- $env = set $env "TICKER_JOBS_REDIS_URL" (include "ticker.redisUrl" (dict "root" $root "role" $.role "url" .)) -}}
{{- end -}}
{{- if and $redis.readUrl (eq .role "gateway") -}}
{{- $env = set $env "TICKER_READ_REDIS_URL" (include "ticker.redisUrl" (dict "root" $root "role" .role "url" $redis.readUrl)) -}}
{{- end -}}
{{- if $redis.passwordSecret -}}
{{- $file := "/run/secrets/redis/password" -}}
{{- $env = set $env "TICKER_REDIS_PASSWORD_FILE" $file -}}
{{- if $jobs -}}{{- $env = set $env "TICKER_JOBS_REDIS_PASSWORD_FILE" $file -}}{{- end -}}
{{- if and $redis.readUrl (eq .role "gateway") -}}{{- $env = set $env "TICKER_READ_REDIS_PASSWORD_FILE" $file -}}{{- end -}}
{{- end -}}
{{- if $redis.tls.secret -}}
{{- $env = set $env "TICKER_REDIS_CA_FILE" "/run/secrets/redis-tls/ca.crt" -}}
{{- if $redis.tls.clientCertificate -}}
{{- $env = set $env "TICKER_REDIS_CERT_FILE" "/run/secrets/redis-tls/tls.crt" -}}
{{- $env = set $env "TICKER_REDIS_KEY_FILE" "/run/secrets/redis-tls/tls.key" -}}
{{- end -}}
{{- end -}}
{{- with $redis.sentinel.user -}}{{- $env = set $env "TICKER_SENTINEL_USER" . -}}{{- end -}}
{{- if $redis.sentinel.passwordSecret -}}
{{- $env = set $env "TICKER_SENTINEL_PASSWORD_FILE" "/run/secrets/sentinel/password" -}}
{{- end -}}
{{- if and .push $root.Values.push.secret -}}
{{- with $root.Values.push.vapidKey -}}{{- $env = set $env "TICKER_VAPID_KEY_FILE" (printf "/run/secrets/push/%s" .) -}}{{- end -}}
{{- with $root.Values.push.fcmCredentials -}}{{- $env = set $env "TICKER_FCM_CREDENTIALS_FILE" (printf "/run/secrets/push/%s" .) -}}{{- end -}}
{{- with $root.Values.push.apnsKey -}}{{- $env = set $env "TICKER_APNS_KEY_FILE" (printf "/run/secrets/push/%s" .) -}}{{- end -}}
{{- with $root.Values.push.contact -}}{{- $env = set $env "TICKER_PUSH_CONTACT" . -}}{{- end -}}
{{- end -}}
{{- $archive := $root.Values.archive -}}
{{- if and $archive.enabled (has .role (list "web" "archive")) -}}
{{- $env = set $env "TICKER_ARCHIVE_URL" (required "archive.url: postgresql://USER@HOST/DATABASE" $archive.url) -}}
{{- if $archive.passwordSecret -}}
{{- $env = set $env "TICKER_ARCHIVE_PASSWORD_FILE" "/run/secrets/archive/password" -}}
{{- end -}}
{{- end -}}
{{- range $root.Values.secretFiles -}}
{{- if has $.role .roles -}}{{- $env = set $env .setting (include "ticker.secretFile" .) -}}{{- end -}}
{{- end -}}
{{- if $root.Values.tickerToml -}}{{- $env = set $env "TICKER_CONFIG" "/etc/ticker/ticker.toml" -}}{{- end -}}
{{- $env = mergeOverwrite $env $root.Values.config (index $root.Values .role).env -}}
{{- range $name, $value := $env }}
- name: {{ $name }}
  value: {{ toString $value | quote }}
{{- end }}
{{- end -}}
