"""Operator and gateway have exactly the verbs that they use: the audit log of all stories before this one
shows every rule used, nothing refused and no user's Secret asked for. conftest.py runs it after them."""
import json
import os
import pathlib

import pytest

ACCOUNTS = {"cresset-operator", "cresset-gateway"}
# The admission plugin OwnerReferencesPermissionEnforcement asks for these at every child that is made; it makes no request
# that the audit log would show. Off here: it knows a definition only ten seconds or so after it was made, and refuses
# children of its objects until then.
ASKED_BY_ADMISSION = {("update", "cresset.dev", f"{kind}/finalizers") for kind in ("trainingjobs", "modelservices")}
# (namespace, name) of the Secrets that are Cresset's own: the authority of the coordination endpoint.
SECRETS = {"cresset-operator": {("cresset-system", "cresset-coordination-ca")}, "cresset-gateway": set()}


def events_of(account):
    """What the audit log has of its requests, but for those that name no resource."""
    path = os.environ.get("CRESSET_AUDIT_LOG")
    if not path or not pathlib.Path(path).exists():
        pytest.fail("CRESSET_AUDIT_LOG names no file: run through ./dev e2e or ./dev test stories")
    with open(path) as lines:
        for line in lines:
            event = json.loads(line)
            if event["user"].get("username", "").rsplit(":", 1)[-1] == account and "objectRef" in event:
                yield event


def requests_of(account):
    """(verb, group, resource, subresource, code, decision) of every request that the API server answered."""
    found = set()
    for event in events_of(account):
        reference = event["objectRef"]
        found.add((event["verb"], reference.get("apiGroup", ""), reference.get("resource", ""),
                   reference.get("subresource", ""), event.get("responseStatus", {}).get("code", 0),
                   event.get("annotations", {}).get("authorization.k8s.io/decision", "")))
    return found


def rules_of(kube, account):
    """(verb, group, resource) of every rule bound to the account."""
    allowed = set()
    for binding_kind, role_kind in (("clusterrolebindings", "clusterrole"), ("rolebindings", "role")):
        for binding in kube.get(binding_kind, all_namespaces=binding_kind == "rolebindings"):
            if not any(s.get("name") == account for s in binding.get("subjects") or []):
                continue
            namespace = binding["metadata"].get("namespace", "default")
            kind = binding["roleRef"]["kind"].lower()
            role = kube.in_namespace(namespace).get(kind, binding["roleRef"]["name"])
            for rule in role["rules"]:
                for group in rule.get("apiGroups", []):
                    for resource in rule.get("resources", []):
                        allowed |= {(verb, group, resource) for verb in rule["verbs"]}
    return allowed


@pytest.mark.parametrize("account", sorted(ACCOUNTS))
def test_nothing_was_refused(account):
    # By RBAC: a namespace that is being deleted also answers 403, to anybody.
    refused = [r for r in requests_of(account) if r[5] == "forbid"]
    assert not refused


@pytest.mark.parametrize("account", sorted(ACCOUNTS))
def test_every_rule_was_used(kube, account):
    used = set()
    for verb, group, resource, sub, code, _ in requests_of(account):
        used.add((verb, group, resource + (f"/{sub}" if sub else "")))
        if verb == "patch" and code == 201:  # server-side apply of a new object needs create as well
            used.add(("create", group, resource))
        if verb == "watch":  # a server that does not stream lists is asked for one
            used.add(("list", group, resource))
    unused = {rule for rule in rules_of(kube, account) if rule not in used | ASKED_BY_ADMISSION}
    assert not unused


@pytest.mark.parametrize("account", sorted(ACCOUNTS))
def test_of_all_secrets_it_asks_for_its_own_alone(account):
    """So it can tell nobody what is in a user's: the kubelet alone reads that, for pods that name it. A list names none. What is
    made may lack a name in the log, and is answered with itself."""
    events = list(events_of(account))
    assert events
    asked = [event["objectRef"] for event in events if event["objectRef"].get("resource") == "secrets" and event["verb"] != "create"]
    assert {(secret.get("namespace"), secret.get("name")) for secret in asked} == SECRETS[account]


@pytest.mark.parametrize("account", sorted(ACCOUNTS))
def test_no_rule_is_a_wildcard(kube, account):
    assert not [rule for rule in rules_of(kube, account) if "*" in rule]
