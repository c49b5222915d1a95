"""Known fields of the Kubernetes objects we write: KubeRay 1.7 (ray.io/v1), network policies, pod monitors, pods.

From the types of ray-operator/apis/ray/v1 in KubeRay, and of the core and networking APIs of Kubernetes 1.33. What is
`FREE` here is left to the API server.
"""

from __future__ import annotations

from typing import Any

from cluster.checks.places import ANY, FREE


def _free(names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), FREE)


STRINGS = {ANY: str}
METADATA = {"name": str, "namespace": str, "labels": STRINGS, "annotations": STRINGS}
SELECTOR = {"matchLabels": STRINGS, "matchExpressions": [{"key": str, "operator": str, "values": [str]}]}
RESOURCES = {"requests": {ANY: FREE}, "limits": {ANY: FREE}, "claims": [FREE]}

_SECRET_KEY = {"name": str, "key": str, "optional": bool}
ENVIRONMENT = [
    {
        "name": str,
        "value": str,
        "valueFrom": {
            "secretKeyRef": _SECRET_KEY,
            "configMapKeyRef": _SECRET_KEY,
            "fieldRef": FREE,
            "resourceFieldRef": FREE,
        },
    }
]
_PERMISSIONS = _free("runAsUser runAsGroup runAsNonRoot seccompProfile seLinuxOptions appArmorProfile windowsOptions")
CONTAINER = {
    **_free("command args envFrom lifecycle livenessProbe readinessProbe startupProbe"),
    **_free("restartPolicy resizePolicy stdin stdinOnce tty volumeDevices workingDir"),
    **_free("terminationMessagePath terminationMessagePolicy"),
    "name": str,
    "image": str,
    "imagePullPolicy": frozenset({"Always", "IfNotPresent", "Never"}),
    "env": ENVIRONMENT,
    "ports": [{"name": str, "containerPort": int, "protocol": str, "hostPort": int, "hostIP": str}],
    "resources": RESOURCES,
    "securityContext": {
        **_PERMISSIONS,
        "allowPrivilegeEscalation": bool,
        "capabilities": {"add": [str], "drop": [str]},
        "privileged": bool,
        "procMount": str,
        "readOnlyRootFilesystem": bool,
    },
    "volumeMounts": [_free("name mountPath subPath subPathExpr readOnly mountPropagation recursiveReadOnly")],
}
POD = {
    **_free("activeDeadlineSeconds affinity dnsConfig dnsPolicy enableServiceLinks"),
    **_free("ephemeralContainers hostAliases hostIPC hostNetwork hostPID hostUsers hostname"),
    **_free("nodeName os overhead preemptionPolicy priority readinessGates resourceClaims"),
    **_free("runtimeClassName schedulerName schedulingGates serviceAccount setHostnameAsFQDN"),
    **_free("shareProcessNamespace subdomain topologySpreadConstraints resources"),
    "automountServiceAccountToken": bool,
    "containers": [CONTAINER],
    "initContainers": [CONTAINER],
    "imagePullSecrets": [{"name": str}],
    "nodeSelector": STRINGS,
    "priorityClassName": str,
    "restartPolicy": frozenset({"Always", "OnFailure", "Never"}),
    "securityContext": {
        **_PERMISSIONS,
        **_free("fsGroup fsGroupChangePolicy supplementalGroups supplementalGroupsPolicy sysctls"),
    },
    "serviceAccountName": str,
    "terminationGracePeriodSeconds": int,
    "tolerations": [{"key": str, "operator": str, "value": str, "effect": str, "tolerationSeconds": int}],
    "volumes": [{ANY: FREE}],
}
TEMPLATE = {"metadata": METADATA, "spec": POD}

_GROUP = {"rayStartParams": STRINGS, "template": TEMPLATE, "resources": STRINGS, "labels": STRINGS}
HEAD_GROUP = {
    **_GROUP,
    "enableIngress": bool,
    "headService": FREE,
    "ingressOptions": {"host": str, "path": str, "pathType": str, "tls": FREE},
    "serviceType": frozenset({"ClusterIP", "NodePort", "LoadBalancer"}),
}
WORKER_GROUP = {
    **_GROUP,
    "groupName": str,
    "replicas": int,
    "minReplicas": int,
    "maxReplicas": int,
    "idleTimeoutSeconds": int,
    "numOfHosts": int,
    "priority": int,
    "scaleStrategy": {"workersToDelete": [str]},
    "suspend": bool,
}
_RULE = {"ports": [{"port": FREE, "endPort": int, "protocol": frozenset({"TCP", "UDP", "SCTP"})}]}
_PEER = {"podSelector": SELECTOR, "namespaceSelector": SELECTOR, "ipBlock": {"cidr": str, "except": [str]}}
_RULES = {"ingressRules": [{**_RULE, "from": [_PEER]}], "egressRules": [{**_RULE, "to": [_PEER]}]}
RAY_CLUSTER = {
    "authOptions": {"mode": frozenset({"token", "disabled"}), "secretName": str, "enableK8sTokenAuth": bool},
    "autoscalerOptions": {
        **_free("image imagePullPolicy securityContext envFrom volumeMounts command args"),
        "env": ENVIRONMENT,
        "idleTimeoutSeconds": int,
        "resources": RESOURCES,
        "upscalingMode": frozenset({"Default", "Aggressive", "Conservative"}),
        "version": frozenset({"v1", "v2"}),
    },
    "enableInTreeAutoscaling": bool,
    "gcsFaultToleranceOptions": {
        **_free("backend redisUsername redisPassword storage"),
        "externalStorageNamespace": str,
        "redisAddress": str,
    },
    "headGroupSpec": HEAD_GROUP,
    "headServiceAnnotations": STRINGS,
    "historyServerOptions": FREE,
    "managedBy": str,
    "networkPolicy": {
        "mode": frozenset({"DenyAll", "DenyAllIngress", "DenyAllEgress"}),
        "head": _RULES,
        "worker": _RULES,
        "workerGroups": [{**_RULES, "groupName": str}],
    },
    "rayVersion": str,
    "suspend": bool,
    "tlsOptions": {"enabled": bool},
    "upgradeStrategy": {"type": frozenset({"Recreate", "None"})},
    "workerGroupSpecs": [WORKER_GROUP],
}
RAY_JOB = {
    "activeDeadlineSeconds": int,
    "backoffLimit": int,
    "clusterSelector": STRINGS,
    "deletionStrategy": FREE,
    "entrypoint": str,
    "entrypointNumCpus": FREE,
    "entrypointNumGpus": FREE,
    "entrypointResources": str,
    "jobId": str,
    "managedBy": str,
    "metadata": STRINGS,
    "rayClusterSpec": RAY_CLUSTER,
    "runtimeEnvYAML": str,
    "shutdownAfterJobFinishes": bool,
    "submissionMode": frozenset({"K8sJobMode", "HTTPMode", "InteractiveMode", "SidecarMode"}),
    "submitterConfig": {"backoffLimit": int},
    "submitterPodTemplate": TEMPLATE,
    "suspend": bool,
    "ttlSecondsAfterFinished": int,
}
RAY_SERVICE = {
    "excludeHeadPodFromServeSvc": bool,
    "rayClusterConfig": RAY_CLUSTER,
    "rayClusterDeletionDelaySeconds": int,
    "serveConfigV2": str,
    "serveService": FREE,
    "upgradeStrategy": {
        "type": frozenset({"NewCluster", "NewClusterWithIncrementalUpgrade", "None"}),
        "clusterUpgradeOptions": {
            "gatewayClassName": str,
            "intervalSeconds": int,
            "maxSurgePercent": int,
            "stepSizePercent": int,
        },
    },
}
NETWORK_POLICY = {
    "podSelector": SELECTOR,
    "policyTypes": [frozenset({"Ingress", "Egress"})],
    "ingress": _RULES["ingressRules"],
    "egress": _RULES["egressRules"],
}
POD_MONITOR = {
    **_free("attachMetadata jobLabel labelLimit podTargetLabels sampleLimit targetLimit"),
    "namespaceSelector": {"any": bool, "matchNames": [str]},
    "podMetricsEndpoints": [_free("port path scheme interval scrapeTimeout honorLabels relabelings metricRelabelings")],
    "selector": SELECTOR,
}
KINDS: dict[tuple[str, str], Any] = {  # (apiVersion, kind) -> fields of spec
    ("ray.io/v1", "RayCluster"): RAY_CLUSTER,
    ("ray.io/v1", "RayJob"): RAY_JOB,
    ("ray.io/v1", "RayService"): RAY_SERVICE,
    ("networking.k8s.io/v1", "NetworkPolicy"): NETWORK_POLICY,
    ("monitoring.coreos.com/v1", "PodMonitor"): POD_MONITOR,
}
