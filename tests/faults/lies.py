"""One field of an event that is wrong, as a broken disk, proxy or memory makes it (P16): what `corrupt` puts where.

Left out is what a right event could say too and nobody could doubt: that a pod failed, that an object is being
deleted, that somebody asked for fewer workers. Whoever is told so must act on it."""
ANOTHER = "00000000-0000-4000-8000-000000000000"

# No object of the kind: passed over, so that the end is the clean run's.
GARBLED = ({"path": "/object/kind", "value": "Table"}, {"path": "/object/kind", "value": 7},
           {"path": "/object/metadata/name"}, {"path": "/object/metadata", "value": []},
           {"path": "/object", "value": "an object"}, {"path": "/type", "value": "MODIFIABLE"})

# An object, and a wrong one: held to less (oracles.py).
OF_ANY = ({"path": "/object/metadata/uid", "value": ANOTHER},
          {"path": "/object/metadata/resourceVersion", "value": "1"},
          {"path": "/object/metadata/labels"},
          {"path": "/object/metadata/labels", "value": "none"},
          {"path": "/object/metadata/ownerReferences"},
          {"path": "/object/metadata/ownerReferences",
           "value": [{"kind": "TrainingJob", "name": "digits", "uid": ANOTHER, "controller": True}]})
LIES = {
    "pods": ({"path": "/object/metadata/labels/cresset.dev~1worker-index", "value": "x"},
             {"path": "/object/metadata/labels/cresset.dev~1worker-index", "value": "99999999999"},
             {"path": "/object/metadata/labels/cresset.dev~1attempt", "value": "-1"},
             {"path": "/object/status/phase", "value": 7},
             {"path": "/object/status/podIP", "value": "not an address"},
             {"path": "/object/status/containerStatuses", "value": {"none": 0}}),
    "trainingjobs": ({"path": "/object/metadata/generation", "value": 0},
                     {"path": "/object/metadata/generation", "value": "third"},
                     {"path": "/object/status/startTime", "value": "yesterday"},
                     {"path": "/object/status/workersReady", "value": 1000}),
    "modelservices": ({"path": "/object/metadata/generation", "value": 0},),
    "deployments": ({"path": "/object/status", "value": []}, {"path": "/object/spec/replicas", "value": -1}),
}
