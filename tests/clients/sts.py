"""AWS's security token service on the loopback: moto's, behind a check of presigned requests.

moto knows roles, users and sessions, but reads neither a signature nor credentials in a query. So the
signature is checked here, by botocore and with the secrets that were given out, and the request goes on to
moto with its credentials in the header.
"""

import threading
import urllib.parse

import boto3
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

ACCOUNT = "123456789012"

DENIED = b"""<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>SignatureDoesNotMatch</Code><Message>The signature does not match.</Message></Error></ErrorResponse>"""


class Sts:
    """The service, until it is stopped."""

    def __init__(self):
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.secrets = {}
        self.asked = 0
        self.server = make_server("127.0.0.1", 0, self, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def assume(self, role, session):
        """Credentials of a role's session, as the variables of an environment."""
        client = boto3.client(
            "sts", region_name="us-east-1", endpoint_url=self.url,
            aws_access_key_id="testing", aws_secret_access_key="testing",
        )
        arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
        given = client.assume_role(RoleArn=arn, RoleSessionName=session)["Credentials"]
        self.secrets[given["AccessKeyId"]] = (given["SecretAccessKey"], given["SessionToken"])
        return {
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["SessionToken"],
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def __call__(self, environ, start_response):
        query = environ.get("QUERY_STRING", "")
        if "X-Amz-Signature=" in query:
            self.asked += 1
            if not self.signed(environ, query):
                start_response("403 Forbidden", [("content-type", "text/xml")])
                return [DENIED]
            credential = dict(urllib.parse.parse_qsl(query))["X-Amz-Credential"]
            environ["HTTP_AUTHORIZATION"] = (
                f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=checked"
            )
        return self.moto(environ, start_response)

    def signed(self, environ, query):
        """Whether botocore comes to the same signature, with the headers that arrived."""
        said = dict(urllib.parse.parse_qsl(query))
        key, _, region, service, _ = said["X-Amz-Credential"].split("/")
        if service != "sts" or key not in self.secrets:
            return False
        secret, session = self.secrets[key]
        auth = SigV4QueryAuth(Credentials(key, secret, session), service, region)
        rest = "&".join(p for p in query.split("&") if not p.startswith("X-Amz-Signature="))
        headers = {
            name: environ[f"HTTP_{name.upper().replace('-', '_')}"]
            for name in said["X-Amz-SignedHeaders"].split(";")
        }
        request = AWSRequest("GET", f"{self.url}/?{rest}", headers=headers)
        request.context["timestamp"] = said["X-Amz-Date"]
        canonical = auth.canonical_request(request)
        return auth.signature(auth.string_to_sign(request, canonical), request) == said["X-Amz-Signature"]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
