{{/* mailproxy.conf: `config` as it is, or what `mail` says. */}}
{{- define "mailproxy.config" -}}
{{- if .Values.config }}
{{- if regexMatch `(?m)^[^#\n]*\bworker_shutdown_(delay|timeout)\b` .Values.config }}
{{- fail "config: leave worker_shutdown_delay and worker_shutdown_timeout to `drain`, which the grace period of the pods comes from" }}
{{- end }}
{{- if .Values.mail.proxyProtocol.enabled }}{{ fail "mail.proxyProtocol: with `config` write proxy_protocol and set_real_ip_from there" }}{{ end }}
{{- .Values.config }}
{{- else }}
{{- $mail := .Values.mail }}
{{- if not (or $mail.imap.servers $mail.pop3.servers $mail.submission.servers) }}
{{- fail "give mail.imap.servers, mail.pop3.servers or mail.submission.servers, or a whole `config`" }}
{{- end }}
{{- if and $mail.proxyProtocol.enabled (not $mail.proxyProtocol.from) }}
{{- fail "mail.proxyProtocol.from: whoever may say who the client is must be named" }}
{{- end }}
{{- $secret := include "mailproxy.tlsSecret" . }}
{{- $header := ternary " proxy_protocol" "" $mail.proxyProtocol.enabled }}
{{- $addresses := list "" }}
{{- if or (has "IPv6" .Values.service.ipFamilies) (hasSuffix "DualStack" .Values.service.ipFamilyPolicy) }}
{{- $addresses = list "" "[::]:" }}
{{- end -}}
# worker_shutdown_delay and worker_shutdown_timeout are on the command line.
worker_processes {{ $mail.workers }};
error_log        stderr info;

events {
    worker_connections {{ $mail.connections }};
}

mail {
    server_name {{ $mail.serverName }};
    access_log  stdout json;
{{- range $mail.proxyProtocol.from }}
    set_real_ip_from {{ . }};
{{- end }}
{{- with $mail.authHttp }}
    auth_http {{ . }};
{{- end }}
{{- if $secret }}

    ssl_certificate     tls/tls.crt;
    ssl_certificate_key tls/tls.key;
{{- range .Values.tls.extraSecrets }}
    ssl_certificate     tls/{{ . }}/tls.crt;
    ssl_certificate_key tls/{{ . }}/tls.key;
{{- end }}
    starttls            only;
{{- end }}
{{- if ne $mail.upstream.tls "none" }}
    proxy_ssl           {{ ternary "on" "starttls" (eq $mail.upstream.tls "implicit") }};
{{- end }}
{{- if $mail.upstream.proxyProtocol }}
    proxy_protocol      {{ ternary "on" "v2" (eq (int $mail.upstream.proxyProtocol) 1) }};
{{- end }}
{{- with $mail.extra }}

{{ trimSuffix "\n" . | indent 4 }}
{{- end }}
{{- range $name, $of := include "mailproxy.protocols" . | fromYaml }}
{{- with (index $mail $name).servers }}

    upstream {{ $name }}_servers {
{{- with $mail.upstream.balance }}
        {{ . }};
{{- end }}
{{- range . }}
        server {{ . }}{{ if not (regexMatch `^(\[|[0-9.]+:)` .) }} resolve{{ end }};
{{- end }}
        health_check;
    }

    server {
{{- range $address := $addresses }}
        listen            {{ $address }}{{ add $of.port 1000 }}{{ $header }};
{{- if $secret }}
        listen            {{ $address }}{{ add $of.tlsPort 1000 }} ssl{{ $header }};
{{- end }}
{{- end }}
        protocol          {{ $of.protocol }};
        proxy_pass        {{ $name }}_servers;
{{- with (index $mail $name).capabilities }}
        {{ $of.protocol }}_capabilities{{ range . }} {{ . | quote }}{{ end }};
{{- end }}
    }
{{- end }}
{{- end }}
}
{{- end }}
{{- end }}
