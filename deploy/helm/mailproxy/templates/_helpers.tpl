{{- define "mailproxy.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "mailproxy.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains (include "mailproxy.name" .) .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "mailproxy.name" .) | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "mailproxy.selector" -}}
app.kubernetes.io/name: {{ include "mailproxy.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "mailproxy.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "mailproxy.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "mailproxy.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (ternary (include "mailproxy.fullname" .) "default" .Values.serviceAccount.create) }}
{{- end }}

{{- define "mailproxy.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{/* The Secret of the certificate, or nothing without TLS. */}}
{{- define "mailproxy.tlsSecret" -}}
{{- if .Values.tls.certManager.enabled }}
{{- if .Values.tls.existingSecret }}{{ fail "tls: existingSecret and certManager exclude each other" }}{{ end }}
{{- include "mailproxy.fullname" . }}-tls
{{- else }}
{{- .Values.tls.existingSecret }}
{{- end }}
{{- end }}

{{/* What `mail` can do. The container listens 1000 above the ports of the Service, so that it needs no capability. */}}
{{- define "mailproxy.protocols" -}}
imap: { protocol: imap, port: 143, tls: imaps, tlsPort: 993 }
pop3: { protocol: pop3, port: 110, tls: pop3s, tlsPort: 995 }
submission: { protocol: smtp, port: 587, tls: submissions, tlsPort: 465 }
{{- end }}

{{/* What the configuration listens on, as YAML: NAME: { port: of the Service, listen: in the container }. */}}
{{- define "mailproxy.ports" -}}
{{- if .Values.config }}
{{- if not .Values.ports }}{{ fail "ports: say where `config` listens, for example --set ports.imaps.port=993,ports.imaps.listen=1993" }}{{ end }}
{{- toYaml .Values.ports }}
{{- else }}
{{- if .Values.ports }}{{ fail "ports: only with `config`; those of `mail` are known" }}{{ end }}
{{- range $name, $of := include "mailproxy.protocols" . | fromYaml }}
{{- if (index $.Values.mail $name).servers }}
{{ $name }}: { port: {{ $of.port }}, listen: {{ add $of.port 1000 }} }
{{- if include "mailproxy.tlsSecret" $ }}
{{ $of.tls }}: { port: {{ $of.tlsPort }}, listen: {{ add $of.tlsPort 1000 }} }
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Longer than the drain, by the time that it takes to close what is left of 10,000 sessions and to end. */}}
{{- define "mailproxy.gracePeriod" -}}
{{- $drain := add .Values.drain.delay .Values.drain.timeout | int }}
{{- $given := int .Values.terminationGracePeriodSeconds }}
{{- if and $given (lt $given (add $drain 10 | int)) }}
{{- fail (printf "terminationGracePeriodSeconds: %d is too short, drain.delay and drain.timeout are %d seconds together, and 10 more are needed" $given $drain) }}
{{- end }}
{{- $given | default (add $drain 30) }}
{{- end }}
