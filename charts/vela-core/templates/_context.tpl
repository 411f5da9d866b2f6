{{/* A value as text: what is no text is written as JSON. */}}
{{- define "vela-core.text" -}}
{{- if kindIs "string" . }}{{ . }}{{ else if not (kindIs "invalid" .) }}{{ . | toJson }}{{ end -}}
{{- end -}}

{{/* What the templates see beside the values, as JSON. */}}
{{- define "vela-core.context" -}}
{{- $values := .Values -}}
{{- $fullname := "kubevela-vela-core" -}}
{{- $account := $values.serviceAccount.name | default $fullname -}}
{{- $shardAccount := $account -}}
{{- if $values.sharding.enabled -}}
{{- $shardAccount = $values.serviceAccount.shardName | default (ternary (print $account "-shard") $account $values.serviceAccount.create) -}}
{{- end -}}
{{- $names := uniq (list $account $shardAccount) -}}
{{- $accounts := list -}}
{{- range $names }}{{ $accounts = append $accounts (print "system:serviceaccount:" $.Release.Namespace ":" .) }}{{ end -}}
{{- $mode := $values.rights | toString -}}
{{- $places := list -}}
{{- if $values.rbac.clusterAdmin }}{{ $mode = "admin" }}{{ end -}}
{{- if hasPrefix "namespaces=" $mode -}}
{{- range splitList "," (trimPrefix "namespaces=" $mode) }}{{ $places = append $places (trim .) }}{{ end -}}
{{- $mode = "namespaces" -}}
{{- else if not (has $mode (list "cluster" "admin")) -}}
{{- fail (print "rights: must be cluster, namespaces=a,b or admin, not \"" $mode "\"") -}}
{{- end -}}
{{- $auth := $values.authentication -}}
{{- $restrictedPod := dict "runAsNonRoot" true "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- $restricted := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "capabilities" (dict "drop" (list "ALL")) -}}
{{- range $key, $value := $values.podSecurityContext }}{{ $_ := set $restrictedPod $key $value }}{{ end -}}
{{- range $key, $value := $values.securityContext }}{{ $_ := set $restricted $key $value }}{{ end -}}
{{- $selector := dict "app.kubernetes.io/name" "vela-core" "app.kubernetes.io/instance" "kubevela" -}}
{{- $own := dict "app.kubernetes.io/version" .Chart.AppVersion "app.kubernetes.io/managed-by" .Release.Service -}}
{{- dict
  "namespace" .Release.Namespace
  "version" .Chart.AppVersion
  "release" "kubevela"
  "fullname" $fullname
  "podSecurityContext" $restrictedPod
  "securityContext" $restricted
  "image" (print $values.imageRegistry $values.image.repository ":" ($values.image.tag | default .Chart.AppVersion))
  "serviceAccount" $account
  "shardServiceAccount" $shardAccount
  "accountNames" $names
  "accounts" $accounts
  "rightsMode" $mode
  "places" (uniq $places)
  "isAdmin" (eq $mode "admin")
  "withUser" (and $auth.withUser (not $auth.serviceAccount))
  "defaultUser" (ternary $auth.defaultUser (print "system:serviceaccount:{namespace}:" $auth.serviceAccount) (eq $auth.serviceAccount ""))
  "groupPattern" (ternary $auth.groupPattern "" (eq $auth.serviceAccount ""))
  "definitionNamespace" ($values.systemDefinitionNamespace | default .Release.Namespace)
  "webhookUrl" $values.admissionWebhooks.url
  "failurePolicy" ($values.admissionWebhooks.failurePolicy | default (ternary "Fail" "Ignore" $auth.enabled))
  "certificateSecret" ($values.admissionWebhooks.certificate.secretName | default (ternary (print $fullname "-webhook") "" $values.admissionWebhooks.certManager.enabled))
  "selectorLabels" $selector
  "labels" (merge (dict) $own $selector)
  | toJson -}}
{{- end -}}

{{/* The paths of given values that the chart does not have, one a line. */}}
{{- define "vela-core.unknown" -}}
{{- range $key, $value := .given -}}
{{- $path := ternary $key (print $.path "." $key) (eq $.path "") -}}
{{- if not (hasKey $.known $key) }}
{{ $path }}
{{- else if and (kindIs "map" $value) (kindIs "map" (get $.known $key)) (len (get $.known $key)) -}}
{{- include "vela-core.unknown" (dict "given" $value "known" (get $.known $key) "path" $path) -}}
{{- end -}}
{{- end -}}
{{- end -}}
