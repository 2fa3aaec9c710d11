{{/* A Deployment. Arguments: root, role, command, server (answers readers), push (gets the keys of providers). */}}
{{- define "ticker.deployment" -}}
{{- $root := .root -}}
{{- $values := index $root.Values .role -}}
{{- $autoscaling := $values.autoscaling | default dict -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "ticker.name" $root }}-{{ .role }}
  labels:
    {{- include "ticker.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .role }}
spec:
  {{- if not $autoscaling.enabled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  minReadySeconds: 5
  strategy:
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  selector:
    matchLabels:
      {{- include "ticker.selector" $root | nindent 6 }}
      app.kubernetes.io/component: {{ .role }}
  template:
    metadata:
      labels:
        {{- include "ticker.labels" $root | nindent 8 }}
        app.kubernetes.io/component: {{ .role }}
      annotations:
        checksum/config: {{ $root.Values.tickerToml | sha256sum }}
        {{- with $values.annotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "ticker.name" $root }}
      automountServiceAccountToken: false
      # A Service named `ticker` would set TICKER_PORT, which is a setting.
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ include "ticker.grace" $root }}
      {{- with $root.Values.image.pullSecrets }}
      imagePullSecrets:
        {{- range . }}
        - name: {{ . }}
        {{- end }}
      {{- end }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- with $values.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.affinity }}
      affinity: {{- toYaml . | nindent 8 }}
      {{- end }}
      topologySpreadConstraints:
        {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
        - maxSkew: 1
          topologyKey: {{ . }}
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "ticker.selector" $root | nindent 14 }}
              app.kubernetes.io/component: {{ $.role }}
        {{- end }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        fsGroup: 10001
        fsGroupChangePolicy: OnRootMismatch
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: {{ .role }}
          image: {{ include "ticker.image" $root | quote }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          args: {{ toJson .command }}
          env:
            {{- include "ticker.env" . | trim | nindent 12 }}
          ports:
            {{- if .server }}
            - {name: http, containerPort: 8000}
            {{- end }}
            - {name: metrics, containerPort: {{ $root.Values.metrics.port }}}
          {{- if .server }}
          # Started: events arrive. A version that cannot read Redis does not replace one that can.
          startupProbe:
            httpGet: {path: /readyz, port: http}
            periodSeconds: 2
            timeoutSeconds: 3
            failureThreshold: 90
          readinessProbe:
            httpGet: {path: {{ $values.readinessPath }}, port: http}
            periodSeconds: 5
            timeoutSeconds: 3
            failureThreshold: 3
          # A restart does not help a server whose Redis is away: only a process that hangs is restarted.
          livenessProbe:
            httpGet: {path: /healthz, port: http}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
          lifecycle:
            # Until the load balancers have learned that this pod goes, it takes connections as before.
            preStop:
              exec: {command: [sleep, {{ $root.Values.preStopSeconds | quote }}]}
          {{- else }}
          # Metrics come from the loop that does the work. A worker takes no requests.
          startupProbe:
            httpGet: {path: /metrics, port: metrics}
            periodSeconds: 2
            timeoutSeconds: 5
            failureThreshold: 90
          readinessProbe:
            httpGet: {path: /metrics, port: metrics}
            periodSeconds: 15
            timeoutSeconds: 5
          livenessProbe:
            httpGet: {path: /metrics, port: metrics}
            periodSeconds: 15
            timeoutSeconds: 5
            failureThreshold: 4
          {{- end }}
          resources: {{- toYaml $values.resources | nindent 12 }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
            - {name: data, mountPath: /data}
            {{- range fromJsonArray (include "ticker.secrets" .) }}
            - {name: {{ .name }}, mountPath: {{ .path }}, readOnly: true}
            {{- end }}
            {{- if $root.Values.tickerToml }}
            - {name: config, mountPath: /etc/ticker, readOnly: true}
            {{- end }}
      volumes:
        - {name: tmp, emptyDir: {sizeLimit: 64Mi}}
        - {name: data, emptyDir: {sizeLimit: 64Mi}}
        {{- range fromJsonArray (include "ticker.secrets" .) }}
        - name: {{ .name }}
          secret:
            secretName: {{ .secret }}
            defaultMode: 0440
            items:
              {{- range $key, $file := .items }}
              - {key: {{ $key }}, path: {{ $file }}}
              {{- end }}
        {{- end }}
        {{- if $root.Values.tickerToml }}
        - name: config
          configMap: {name: {{ include "ticker.name" $root }}}
        {{- end }}
{{- end -}}

{{/* The Secrets that a role mounts, as JSON: each role sees its own password and no other. */}}
{{- define "ticker.secrets" -}}
{{- $redis := .root.Values.redis -}}
{{- $push := .root.Values.push -}}
{{- $found := list -}}
{{- with $redis.passwordSecret -}}
{{- $key := ternary $.role "password" $redis.users -}}
{{- $found = append $found (dict "name" "redis-password" "secret" . "path" "/run/secrets/redis" "items" (dict $key "password")) -}}
{{- end -}}
{{- with $redis.tls.secret -}}
{{- $items := dict "ca.crt" "ca.crt" -}}
{{- if $redis.tls.clientCertificate -}}
{{- $items = merge $items (dict "tls.crt" "tls.crt" "tls.key" "tls.key") -}}
{{- end -}}
{{- $found = append $found (dict "name" "redis-tls" "secret" . "path" "/run/secrets/redis-tls" "items" $items) -}}
{{- end -}}
{{- with $redis.sentinel.passwordSecret -}}
{{- $found = append $found (dict "name" "sentinel-password" "secret" . "path" "/run/secrets/sentinel" "items" (dict "password" "password")) -}}
{{- end -}}
{{- if and .push $push.secret -}}
{{- $items := dict -}}
{{- range list $push.vapidKey $push.fcmCredentials $push.apnsKey -}}
{{- if . }}{{- $items = set $items . . -}}{{- end -}}
{{- end -}}
{{- $found = append $found (dict "name" "push" "secret" $push.secret "path" "/run/secrets/push" "items" $items) -}}
{{- end -}}
{{- $archive := .root.Values.archive -}}
{{- if and $archive.enabled $archive.passwordSecret (has .role (list "web" "archive")) -}}
{{- $found = append $found (dict "name" "archive-password" "secret" $archive.passwordSecret "path" "/run/secrets/archive" "items" (dict "password" "password")) -}}
{{- end -}}
{{- range $i, $file := .root.Values.secretFiles -}}
{{- if has $.role $file.roles -}}
{{- $path := include "ticker.secretFile" $file -}}
{{- $found = append $found (dict "name" (printf "secret-file-%d" $i) "secret" $file.secret "path" (dir $path) "items" (dict $file.key (base $path))) -}}
{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{/* Where a file of secretFiles is. */}}
{{- define "ticker.secretFile" -}}
/run/secrets/{{ .setting | trimPrefix "TICKER_" | trimSuffix "_FILE" | lower | replace "_" "-" }}/value
{{- end -}}
