"""Generated requests of two tenants, checked against the OpenAPI document.

    python main.py BASE_URL DATABASE DOCUMENT CASES SEED

Every operation gets CASES cases: half of them valid according to the document,
half not, from an owner of either tenant, on ids of both. Prints the number of
cases, or each failure with its seed, and then exits with 1.
"""

import json
import sys
from collections import Counter

import requests
import schemathesis
from companies import ID_PARAMETERS, PASSWORD, Company
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi import checks

CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]


# Tokens are those of the companies; `check_authentication` sends others.
CONFIG = {"generation": {"with-security-parameters": False}}


class Leak(AssertionError):
    """A response that names something of the other tenant."""


class Run:
    """The state of a run."""

    def __init__(self, base, database, document):
        self.base = base
        config = schemathesis.Config.from_dict(CONFIG)
        self.schema = schemathesis.openapi.from_dict(document, config=config)
        self.companies = [Company(base, database, name) for name in ("acme", "globex")]
        self.cases = Counter()
        self.statuses = {}

    def check(self, case, turn):
        """Sends a case and checks the response."""
        own, other = self.companies[:: -1 if turn & 1 else 1]
        foreign = self.prepare(case, own, other, turn >> 1)
        secured = bool(case.operation.definition.raw.get("security"))
        token = own.session["access_token"]
        if case.operation.definition.raw["operationId"] == "logout":
            # It ends the session.
            token = own.sign_in()["access_token"]
        headers = {"Authorization": f"Bearer {token}"} if secured else {}
        response = case.call(base_url=self.base, headers=headers, timeout=30)
        if response.status_code == 431:
            # Refused before any operation, and therefore not in the document.
            return
        operation = case.operation.definition.raw["operationId"]
        self.cases[operation] += 1
        self.statuses.setdefault(operation, Counter())[response.status_code] += 1
        if response.status_code >= 500:
            raise AssertionError(f"{operation} answered {response.status_code}: {response.text}")
        # The fields of a form are text, whatever type a mutation gave them.
        is_form = (case.media_type or "").startswith("multipart/")
        skipped = [checks.negative_data_rejection] if is_form else []
        case.validate_response(response, checks=CHECKS, excluded_checks=skipped)
        self.check_isolation(response, own, other, foreign)
        if secured and response.status_code < 300:
            self.check_authentication(response)

    def prepare(self, case, own, other, turn):
        """Puts known ids and credentials into a valid case. Returns the foreign id."""
        operation = case.operation.definition.raw["operationId"]
        foreign = None

        def is_valid(location):
            return case.meta is not None and not case.meta.is_negative_at(location)

        if is_valid(ParameterLocation.PATH):
            for name in ID_PARAMETERS:
                if name in (case.path_parameters or {}) and turn % 4 != 3:
                    if turn % 4 == 2:
                        foreign = other.ids(name)
                        case.path_parameters[name] = foreign
                    elif operation.startswith("delete_"):
                        case.path_parameters[name] = own.spare(name)
                    else:
                        case.path_parameters[name] = own.ids(name)
        turn //= 4
        if is_valid(ParameterLocation.HEADER) and turn % 3 == 0:
            # Most conditions are rejected, or not met.
            (case.headers or {}).clear()
        if is_valid(ParameterLocation.QUERY) and operation.endswith("content_by_path"):
            if turn % 4 < 2:
                # A tenant has its own paths: another's are absent.
                case.query = {"path": (own if turn % 4 == 0 else other).path}
                foreign = other.path if turn % 4 == 1 else foreign
        if is_valid(ParameterLocation.BODY) and turn % 2 == 0:
            if operation == "login":
                case.body = {"identifier": own.email, "password": PASSWORD}
            elif operation == "refresh":
                case.body = {"refresh_token": own.sign_in()["refresh_token"]}
            elif operation == "register":
                name = f"new-{self.cases.total()}"
                case.body = {
                    "email": f"{name}@example.com",
                    "password": PASSWORD,
                    "organization_name": name,
                }
            elif operation == "put_content" and is_valid(ParameterLocation.QUERY):
                case.query = {"path": f"{own.sign}/{turn}.txt"}
        return foreign

    def check_isolation(self, response, own, other, foreign):
        """Fails if a response names an id or the sign of the other tenant."""
        request = response.request
        body = request.body or b""
        body = body if isinstance(body, str) else bytes(body).decode("latin-1")
        sent = f"{request.url} {dict(request.headers)} {body}"
        received = f"{dict(response.headers)} {response.content.decode('latin-1')}"
        for word in [other.sign, *(other.known - own.known)]:
            if word in received and word not in sent:
                raise Leak(f"{word} of the other tenant in {received}")
        if foreign and response.status_code < 400:
            raise Leak(f"{foreign} of the other tenant answered {response.status_code}")
        if response.status_code < 400:
            # A problem may name the id of an example.
            own.learn(received)

    def check_authentication(self, response):
        """Fails if the request succeeds without its token, or with a wrong one."""
        request = response.request
        for token in (None, "Bearer nonsense"):
            headers = dict(request.headers)
            del headers["Authorization"]
            if token:
                headers["Authorization"] = token
            again = requests.request(
                request.method, request.url, headers=headers, data=request.body, timeout=30
            )
            if again.status_code != 401:
                raise AssertionError(f"{again.status_code} with the token {token}")

    def examine(self, operation, count, number):
        """Runs the cases of an operation. Returns its failures."""
        name = operation.definition.raw["operationId"]
        failures = []
        valid = self.run(operation, GenerationMode.POSITIVE, count - count // 2, number)
        failures += valid
        try:
            failures += self.run(operation, GenerationMode.NEGATIVE, count // 2, number)
        except Unsatisfiable:
            pass
        for more in range(1, 4):
            missing = count - self.cases[name]
            if failures or missing <= 0:
                break
            # Nothing in the request can be invalid, or its head was too large.
            failures += self.run(
                operation, GenerationMode.POSITIVE, missing, number + more
            )
        return failures

    def run(self, operation, mode, count, number):
        """Runs cases of one mode. The turn keeps equal cases apart."""

        @seed(number)
        @settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(
            case=operation.as_strategy(generation_mode=mode),
            turn=st.integers(0, 2**16 - 1),
        )
        def check(case, turn):
            self.check(case, turn)

        try:
            check()
        except Unsatisfiable:
            raise
        # Each failure is reported; none ends the run.
        except BaseException as error:
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            return [error]
        return []


def described(error):
    """Returns the lines of an error, with those of its parts and its notes."""
    lines = [f"{type(error).__name__}: {error}", *getattr(error, "__notes__", [])]
    for part in getattr(error, "exceptions", []):
        lines.append(described(part))
    return "\n".join(lines)


def main(base, database, document, count, number):
    with open(document, encoding="utf-8") as file:
        run = Run(base, database, json.load(file))
    failed = 0
    for result in run.schema.get_all_operations():
        operation = result.ok()
        for error in run.examine(operation, int(count), int(number)):
            failed += 1
            print(
                f"{operation.label} failed with the seed {number}:\n{described(error)}\n",
                flush=True,
            )
    for name, statuses in sorted(run.statuses.items()):
        print(name, dict(sorted(statuses.items())), file=sys.stderr)
    print(json.dumps(run.cases))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
