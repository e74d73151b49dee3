{{- define "cresset.labels" -}}
app.kubernetes.io/name: cresset
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: cresset
{{- end }}

{{- define "cresset.selector" -}}
app.kubernetes.io/name: cresset
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Non-root, nothing writable, no capabilities: the restricted Pod Security level. */}}
{{- define "cresset.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "cresset.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "cresset.podName" -}}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: POD_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
- name: POD_IP
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
{{- end }}

{{/* Where the pods are that Cresset makes, for a monitor. */}}
{{- define "cresset.watched" -}}
{{- with .Values.namespaces -}}
matchNames: {{- toYaml . | nindent 2 }}
{{- else -}}
any: true
{{- end }}
{{- end }}

{{/* The same as a NetworkPolicy names them. */}}
{{- define "cresset.watchedSelector" -}}
{{- with .Values.namespaces -}}
matchExpressions:
  - key: kubernetes.io/metadata.name
    operator: In
    values: {{- toYaml . | nindent 6 }}
{{- else -}}
{}
{{- end }}
{{- end }}

{{/* What operator and gateway both reach: names (at 5353 and 8053 listen the DNS pods of OpenShift and Gardener), and the API server. */}}
{{- define "cresset.commonEgress" -}}
- ports:
    {{- range list 53 5353 8053 }}
    - {port: {{ . }}, protocol: UDP}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
- ports:
    {{- range .Values.networkPolicy.apiServerPorts }}
    - {port: {{ . | int64 }}, protocol: TCP}
    {{- end }}
{{- end }}

{{/* The extra CAs as a file. Its whole folder is mounted, for the kubelet does not keep up what is mounted by subPath. */}}
{{- define "cresset.extraCAsArg" -}}
- --extra-ca-file=/etc/cresset/extra-cas/ca.crt
{{- end }}

{{- define "cresset.extraCAsMount" -}}
- {name: extra-cas, mountPath: /etc/cresset/extra-cas, readOnly: true}
{{- end }}

{{- define "cresset.extraCAsVolume" -}}
- name: extra-cas
  {{- with .Values.extraCAs.configMapKeyRef }}
  configMap: {name: {{ .name | quote }}, items: [{key: {{ .key | quote }}, path: ca.crt}]}
  {{- end }}
  {{- with .Values.extraCAs.secretKeyRef }}
  secret: {secretName: {{ .name | quote }}, items: [{key: {{ .key | quote }}, path: ca.crt}]}
  {{- end }}
{{- end }}
