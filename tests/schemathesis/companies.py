"""Two companies, their resources, and the signs by which each is recognized."""

import re
import sqlite3
import uuid
from contextlib import closing

import requests

PASSWORD = "correct horse battery"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# The parameters of the document that take the id of a resource.
ID_PARAMETERS = ("file_id", "job_id", "project_id", "tenant_id")


def job_of(database, tenant_id):
    """Returns the id of a job of a tenant, which no operation lists."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        query = "SELECT id FROM jobs WHERE tenant_id = ?"
        [found] = connection.execute(query, [uuid.UUID(tenant_id).bytes]).fetchone()
    return str(uuid.UUID(bytes=found))


class Company:
    """A tenant with an owner, who is signed in, and a resource of each kind."""

    def __init__(self, base, database, name):
        self.base = base
        # Never sent by another company, so that its presence in a response is a leak.
        self.sign = f"sign-of-{name}-{uuid.uuid4().hex}"
        self.email = f"{self.sign}@example.com"
        registered = self._expect(
            201,
            "POST",
            "/api/v1/auth/register",
            json={
                "email": self.email,
                "password": PASSWORD,
                "organization_name": self.sign,
            },
        )
        self.tenant_id = registered["tenant_id"]
        self.session = self.sign_in()
        # The ids that responses to this company have named.
        self.known = {self.tenant_id, registered["user_id"]}
        self.path = f"{self.sign}.txt"
        self.file_id = self.new_file(self.path)
        self.project_id = self.new_project()
        self.job_id = job_of(database, self.tenant_id)
        self.known.add(self.job_id)

    def ids(self, parameter):
        """Returns the id that a parameter takes."""
        return getattr(self, parameter)

    def learn(self, text):
        """Records the ids in a response to this company."""
        self.known.update(UUID.findall(text))

    def sign_in(self):
        """Starts another session."""
        body = {"identifier": self.email, "password": PASSWORD}
        return self._expect(200, "POST", "/api/v1/auth/login", json=body)

    def new_file(self, path=None):
        """Uploads a file and returns its id."""
        path = path or f"{self.sign}/{uuid.uuid4()}.txt"
        made = self._expect(
            (200, 201),
            "PUT",
            "/api/v1/files/content",
            params={"path": path},
            data=f"content with {self.sign}",
            headers={"Content-Type": "text/plain"},
        )
        return made["file_id"]

    def new_project(self):
        """Creates a project and returns its id."""
        name = f"{self.sign} {uuid.uuid4().hex[:8]}"
        return self._expect(201, "POST", "/api/v1/projects", json={"name": name})["id"]

    def spare(self, parameter):
        """Returns the id of a resource that a case may remove."""
        made = {"file_id": self.new_file, "project_id": self.new_project}
        return made[parameter]() if parameter in made else self.ids(parameter)

    def _expect(self, status, method, path, headers=None, **body):
        headers = dict(headers or {})
        if getattr(self, "session", None):
            headers["Authorization"] = f"Bearer {self.session['access_token']}"
        url = f"{self.base}{path}"
        response = requests.request(method, url, headers=headers, timeout=30, **body)
        expected = status if isinstance(status, tuple) else (status,)
        assert response.status_code in expected, f"{method} {path}: {response.text}"
        found = response.json()
        if hasattr(self, "known"):
            self.learn(response.text)
        return found
