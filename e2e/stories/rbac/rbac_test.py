"""Operator and gateway have exactly the verbs that they use: the audit log of all stories before this one
shows every rule used and nothing refused. conftest.py runs it after them."""
import json
import os
import pathlib

import pytest

ACCOUNTS = {"cresset-operator", "cresset-gateway"}
# The admission plugin OwnerReferencesPermissionEnforcement asks for these at every child that is made; it makes no request
# that the audit log would show. Off here: it knows a definition only ten seconds or so after it was made, and refuses
# children of its objects until then.
ASKED_BY_ADMISSION = {("update", "cresset.dev", f"{kind}/finalizers") for kind in ("trainingjobs", "modelservices")}


def requests_of(account):
    """(verb, group, resource, subresource, code, decision) of every request that the API server answered."""
    path = os.environ.get("CRESSET_AUDIT_LOG")
    if not path or not pathlib.Path(path).exists():
        pytest.fail("CRESSET_AUDIT_LOG names no file: run through ./dev e2e or ./dev test stories")
    found = set()
    with open(path) as lines:
        for line in lines:
            event = json.loads(line)
            if event["user"].get("username", "").rsplit(":", 1)[-1] != account or "objectRef" not in event:
                continue
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
def test_no_rule_is_a_wildcard(kube, account):
    assert not [rule for rule in rules_of(kube, account) if "*" in rule]
