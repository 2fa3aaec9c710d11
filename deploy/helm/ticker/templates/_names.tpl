{{- define "ticker.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels by which Services, budgets and policies find pods. They never change. */}}
{{- define "ticker.selector" -}}
app.kubernetes.io/name: ticker
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "ticker.labels" -}}
{{ include "ticker.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "ticker.image" -}}
{{- $repository := required "image.repository: the image of Ticker" .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{ $repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ $repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* An address of Redis with the user of a role. Arguments: root, role, url. */}}
{{- define "ticker.redisUrl" -}}
{{- if .root.Values.redis.users -}}
{{- regexReplaceAll "^([a-z+]+://)" .url (printf "${1}%s-%s@" .root.Values.namespace .role) -}}
{{- else -}}
{{- .url -}}
{{- end -}}
{{- end -}}

{{/* Longer than waiting for the load balancers and draining together. */}}
{{- define "ticker.grace" -}}
{{- add .Values.preStopSeconds (ceil .Values.drainTime) 15 -}}
{{- end -}}
