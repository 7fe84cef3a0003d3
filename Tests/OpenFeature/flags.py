"""What a program in Python sees of flags, through OpenFeature's SDK and its OFREP provider: every kind of value, every reason, error codes,
a toggle within a second. The cluster runs: Tests/OpenFeature/run starts it."""
import pathlib, sys, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from running_cluster import Client, admin_token, port

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason

FLAGS = f"http://127.0.0.1:{port('flags')}"
checked = 0


def check(holds, what):
    global checked
    if not holds:
        raise SystemExit(f"not so: {what}")
    checked += 1


def client(name, headers=None):
    api.set_provider(OFREPProvider(FLAGS, headers_factory=(lambda: headers) if headers else None), domain=name)
    return api.get_client(domain=name)


def multivar(name, values, **more):
    return {"id": name, "on": True, "kind": "multivar", "variations": list(values), "values": values, **more}


def definitions():
    french = {"attr": "country", "op": "in", "value": ["FR", "BE"]}
    return [
        {"id": "plain", "on": True},
        {"id": "dark", "on": False},
        {"id": "hidden", "on": True, "public": False},
        multivar("text", {"short": "Hi", "long": "Good morning"}, targets={"users": {"alice": "long"}}),
        multivar("count", {"few": 3, "many": 300}, rules=[{"if": french, "variation": "many"}]),
        multivar("ratio", {"half": 0.5, "third": 0.333}, targets={"groups": {"beta": "third"}}),
        multivar("layout", {"one": {"columns": 1, "names": ["a"]}, "two": {"columns": 2, "names": ["a", "b"]}}),
        multivar("list", {"l": [1, "two", None]}),
        multivar("nothing", {"empty": None}),
        {"id": "split", "on": True, "fallthrough": {"rollout": [{"variation": "on", "weight": 50}, {"variation": "off", "weight": 50}]}},
    ]


def values(flags):
    alice = EvaluationContext("alice", {"country": "DE"})
    belgian = EvaluationContext("bob", {"country": "BE", "groups": ["beta"]})
    for details, value, variant, reason in [
        (flags.get_boolean_details("plain", False), True, "on", Reason.STATIC),
        (flags.get_boolean_details("dark", True), False, "off", Reason.DISABLED),
        (flags.get_string_details("text", "", alice), "Good morning", "long", Reason.TARGETING_MATCH),
        (flags.get_string_details("text", "", belgian), "Hi", "short", Reason.DEFAULT),
        (flags.get_integer_details("count", 0, alice), 3, "few", Reason.DEFAULT),
        (flags.get_integer_details("count", 0, belgian), 300, "many", Reason.TARGETING_MATCH),
        (flags.get_float_details("ratio", 0.0, belgian), 0.333, "third", Reason.TARGETING_MATCH),
        (flags.get_object_details("layout", {}), {"columns": 1, "names": ["a"]}, "one", Reason.STATIC),
        (flags.get_object_details("list", []), [1, "two", None], "l", Reason.STATIC),
        (flags.get_string_details("nothing", "mine"), "mine", "empty", Reason.STATIC),
        (flags.get_boolean_details("split", False), True, "on", Reason.DEFAULT),
    ]:
        got = (details.value, details.variant, details.reason)
        check(got == (value, variant, reason) and details.error_code is None, f"{details.flag_key} is {(value, variant, reason)}, not {got}")
    drawn = {flags.get_boolean_details("split", False, EvaluationContext(f"user-{n}")).value for n in range(30)}
    check(drawn == {True, False}, "a split gives both")
    check(flags.get_boolean_details("split", False, alice).reason == Reason.SPLIT, "a split says so")
    check(flags.get_boolean_details("plain", False).flag_metadata == {"version": 1}, "the definition's version is there")


def errors(flags):
    for details, code in [
        (flags.get_boolean_details("no-such-flag", True), ErrorCode.FLAG_NOT_FOUND),
        (flags.get_boolean_details("hidden", True), ErrorCode.FLAG_NOT_FOUND),
        (flags.get_string_details("plain", "mine"), ErrorCode.TYPE_MISMATCH),
        (flags.get_boolean_details("plain", True, EvaluationContext(attributes={"targetingKey": 7})), ErrorCode.INVALID_CONTEXT),
        (client("impostor", {"Authorization": "Bearer psk_wrong"}).get_boolean_details("plain", True), ErrorCode.GENERAL),
    ]:
        check(details.error_code == code and details.reason == Reason.ERROR, f"{details.flag_key} ends with {code}, not {details.error_code}")
        check(details.value in (True, "mine"), f"{details.flag_key} falls back to the code's own default")


def private(admin):
    key = Client("users", admin).must("POST", "/api/v1/apps", {"name": "shop", "scopes": ["flags"]})["key"]
    for header in ({"Authorization": f"Bearer {key}"}, {"X-API-Key": key}):
        check(client("shop", header).get_boolean_details("hidden", False).value is True, "a key of scope flags opens what is not public")


def toggles(flags, admin):
    slowest, service = 0, Client("flags", admin)
    for wanted in (False, True, False):
        service.must("POST", "/admin/toggle/plain", {"on": wanted})
        since = time.monotonic()
        while flags.get_boolean_value("plain", not wanted) is not wanted:
            check(time.monotonic() - since < 1, "a toggle is seen within a second")
        slowest = max(slowest, time.monotonic() - since)
    return slowest


def main():
    admin = admin_token()
    service = Client("flags", admin)
    for definition in definitions():
        service.must("POST", "/admin/flags", definition)
    flags = client("anybody")
    values(flags)
    errors(flags)
    private(admin)
    slowest = toggles(flags, admin)
    print(f"{checked} of {checked} hold; a toggle was seen after {slowest * 1000:.0f} ms at most")


main()
