"""Changes an object of a live operator field by field, value by value, and holds what it comes to against what the same
spec comes to from fresh; what is refused must change nothing, and after a bad value the old spec must heal all."""
import collections
import json
import threading
import time

from tests.support.api import Refused
from tests.transitions.bases import BASE_OF, BASES, KINDS, MOST_PODS, PODS
from tests.transitions.state import differences
from tests.transitions.values import fields_of, has, replaced, shown, spec_schema, values_of
from tests.transitions.worlds import World

Field = collections.namedtuple("Field", "kind path base values")
CONVERGES = 20  # seconds


def all_fields(kinds=KINDS):
    """Every field of the kinds with the base that it is changed on and its values."""
    for kind in kinds:
        for path, schema, required in fields_of(spec_schema(KINDS[kind][1])):
            bases = BASES[kind]
            number = BASE_OF.get(shown(path)) or next(n for n, base in enumerate(bases) if has(base, path))
            yield Field(kind, path, bases[number], list(values_of(path, schema, required)))


def count_of_pods(path, value):
    return value if shown(path) in PODS and isinstance(value, int) else 0


class Walker:
    def __init__(self, lab, quiet=1.5, say=print):
        self.lab, self.quiet, self.say = lab, quiet, say
        self.lock, self.numbers = threading.Lock(), 0
        self.known = {}          # (kind, spec) -> its state from fresh, or the refusal
        self.found = []          # (kind, field, value, difference)
        self.effects = collections.defaultdict(dict)  # (kind, field) -> {stored spec: what it comes to}
        self.counts = collections.Counter()

    def world(self, kind):
        with self.lock:
            self.numbers += 1
            number = self.numbers
        return World(self.lab, kind, KINDS[kind][0], f"t{number:04}-{kind[:5]}", self.quiet)

    def count(self, what):
        with self.lock:
            self.counts[what] += 1

    def differs(self, field, value, words):
        line = (KINDS[field.kind][0], shown(field.path), value, words)
        with self.lock:
            self.found.append(line)
        self.say(f"DIFFERS {line[0]} spec.{line[1]} {value}: {words}")

    # From fresh.

    def fresh(self, kind, spec, quiet=None):
        """The end state of an object that is made with this spec, or what the API server says against it."""
        key = (kind, json.dumps(spec, sort_keys=True))
        if key not in self.known or quiet:
            world = self.world(kind)
            try:
                world.create(spec)
                self.known[key] = world.settle(quiet)
            except Refused as error:
                self.known[key] = error
            finally:
                world.close()
        return self.known[key]

    # On the way.

    def make(self, world, spec):
        """Another object under the name of the one that is there."""
        if world.spec is not None:
            world.delete()
        world.create(spec)
        world.spec = spec

    def go_to(self, field, world, spec, value):
        """Brings the object to the spec by a change, or by another object where a change is not allowed."""
        try:
            if world.spec is None or world.ended:
                self.make(world, spec)
            elif world.spec != spec:
                world.change(spec)
        except Refused as error:
            if "cannot be changed" not in str(error):
                raise
            self.count("rejected")
            self.make(world, spec)
        world.spec, world.ended = spec, False
        self.hold(field, world, spec, value)

    def hold(self, field, world, spec, value):
        self.count("transitions")
        fresh = self.fresh(field.kind, spec)
        if isinstance(fresh, Refused):
            self.differs(field, value, f"is taken on the way, and from fresh refused: {fresh}")
            return
        words = self.not_reached(world, fresh)
        if words:  # perhaps what was seen from fresh was not the end
            fresh = self.fresh(field.kind, spec, quiet=4 * self.quiet)
            words = self.not_reached(world, fresh)
        world.ended = fresh.ended or world.state().ended
        self.differs(field, value, "; ".join(words[:5])) if words else None

    def not_reached(self, world, fresh):
        """The differences that are left when there was time enough."""
        end = time.monotonic() + CONVERGES
        calm = 0
        while True:
            words = list(differences(world.state(), fresh))
            calm = 0 if words else calm + 1
            if calm == 3 or time.monotonic() > end:
                return words
            with world.history.changed:
                world.history.changed.wait(0.2)

    def walk(self, field, world):
        """All values of one field, one after another, and back."""
        if world.spec != field.base or world.ended:
            self.go_to(field, world, field.base, "its base")
        self.note(field, field.base)
        for value in field.values:
            spec = replaced(field.base, field.path, value.value)
            if count_of_pods(field.path, value.value) > MOST_PODS:
                self.ask(field, world, spec, value)
            elif self.try_value(field, world, spec, value) and self.is_bad(field, spec):
                self.go_to(field, world, field.base, f"back from {value.name}")
        if world.spec != field.base or world.ended:
            self.go_to(field, world, field.base, "back")

    def is_bad(self, field, spec):
        fresh = self.fresh(field.kind, spec)
        return not isinstance(fresh, Refused) and fresh.bad

    def try_value(self, field, world, spec, value):
        """Whether the object has the value now."""
        before = world.stored()
        try:
            if world.ended:
                self.go_to(field, world, field.base, "after its end")
            world.change(spec, dryRun="All")
        except Refused as error:
            self.refused(field, world, value, error, before)
            if value.legal and "cannot be changed" in str(error) and not isinstance(self.fresh(field.kind, spec), Refused):
                self.make(world, spec)
                self.hold(field, world, spec, value.name)
                self.note(field, spec)
                return True
            return False
        if not value.legal:
            self.differs(field, value.name, "is taken, though the schema says that it is not legal")
        self.go_to(field, world, spec, value.name)
        self.note(field, spec)
        return True

    def refused(self, field, world, value, error, before):
        self.count("rejected")
        if error.status not in (400, 422):
            self.differs(field, value.name, f"is refused in another way than a wrong value: {error}")
        if world.stored() != before:
            self.differs(field, value.name, "is refused and has changed the spec")

    def ask(self, field, world, spec, value):
        """Only whether the API server would take it."""
        try:
            world.change(spec, dryRun="All")
            self.count("only_asked")
            if not value.legal:
                self.differs(field, value.name, "would be taken, though the schema says that it is not legal")
        except Refused as error:
            self.refused(field, world, value, error, world.stored())

    def note(self, field, spec):
        fresh = self.fresh(field.kind, spec)
        if isinstance(fresh, Refused):
            return
        owner = f"{field.kind}/digits#0/spec"
        effect = (tuple(sorted((path, repr(one)) for path, one in fresh.leaves.items() if not path.startswith(owner))),
                  tuple(sorted(fresh.conditions.items())))
        with self.lock:
            self.effects[field.kind, shown(field.path)][json.dumps(fresh.spec, sort_keys=True)] = effect

    def silent(self):
        """Fields that had several values, of which none showed in anything."""
        return sorted(name for name, effects in self.effects.items() if len(effects) > 1 and len(set(effects.values())) == 1)
