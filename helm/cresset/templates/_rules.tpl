{{- /* What operator and gateway may do: exactly the verbs that are used (server-side apply is patch, and create when the object is new).
e2e/stories/rbac holds these rules against the audit log. rbac.yaml gives them in the whole cluster, rbac_namespaces.yaml in some namespaces. */}}
{{- define "cresset.rules.operator" -}}
- apiGroups: [cresset.dev]
  resources: [trainingjobs, modelservices]
  verbs: [list, watch]
- apiGroups: [cresset.dev]
  resources: [trainingjobs/status, modelservices/status]
  verbs: [patch]
# What OwnerReferencesPermissionEnforcement asks of whoever makes a child that its owner waits for (OpenShift has it on).
- apiGroups: [cresset.dev]
  resources: [trainingjobs/finalizers, modelservices/finalizers]
  verbs: [update]
- apiGroups: [cresset.dev]
  resources: [trainingjobs]
  verbs: [delete]
- apiGroups: [""]
  resources: [pods]
  verbs: [list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [services]
  verbs: [list, watch, create, patch]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [list, watch, create, patch, delete]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [list, watch, create, patch, delete]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}

{{- define "cresset.rules.gateway" -}}
- apiGroups: [cresset.dev]
  resources: [modelservices]
  verbs: [list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [list, watch]
{{- end }}

{{- define "cresset.rules.tokenReviews" -}}
- apiGroups: [authentication.k8s.io]
  resources: [tokenreviews]
  verbs: [create]
{{- end }}

{{- define "cresset.rules.view" -}}
- apiGroups: [cresset.dev]
  resources: [trainingjobs, modelservices, trainingjobs/status, modelservices/status]
  verbs: [get, list, watch]
{{- end }}

{{- define "cresset.rules.edit" -}}
- apiGroups: [cresset.dev]
  resources: [trainingjobs, modelservices]
  verbs: [create, update, patch, delete, deletecollection]
- apiGroups: [cresset.dev]
  resources: [trainingjobs/scale, modelservices/scale]
  verbs: [get, update, patch]
{{- end }}
