"""Alerts by services of AWS: moto takes what the gateway sends, and hands it on as AWS would."""

import json

import boto3
import pytest
from moto.server import ThreadedMotoServer
from moto.ses.models import ses_backends

import stack

REGION = "us-east-1"
CREDENTIALS = {"aws_access_key_id": "AKIDTEST", "aws_secret_access_key": "secret"}


class Aws:
    """SNS, SES, EventBridge, and a queue behind each that has subscribers."""

    def __init__(self, url):
        self.url = url
        self.sqs = self.client("sqs")

    def client(self, service):
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, **CREDENTIALS)

    def queue(self, name):
        url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        asked = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, asked["Attributes"]["QueueArn"]

    def bodies(self, url, wait=20):
        """What is in a queue; waits for the first message."""
        got = self.sqs.receive_message(
            QueueUrl=url, WaitTimeSeconds=wait, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [(json.loads(m["Body"]), m.get("MessageAttributes")) for m in got.get("Messages", [])]


@pytest.fixture(scope="module")
def aws():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield Aws(f"http://{host}:{port}")
    server.stop()


def test_a_budget_that_is_spent_is_told_by_topic_by_letter_and_on_the_bus(fakes, aws, tmp_path):
    topic = aws.client("sns").create_topic(Name="budgets")["TopicArn"]
    subscribed, subscribed_arn = aws.queue("subscribed")
    aws.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=subscribed_arn,
        Attributes={"RawMessageDelivery": "true"},
    )
    events, events_arn = aws.queue("events")
    bus = aws.client("events")
    bus.create_event_bus(Name="budgets")
    pattern = {"source": ["sluice"], "detail-type": ["Budget Alert"],
               "detail": {"event": ["budget_crossed"]}}
    bus.put_rule(Name="all", EventBusName="budgets", EventPattern=json.dumps(pattern))
    bus.put_targets(Rule="all", EventBusName="budgets", Targets=[{"Id": "1", "Arn": events_arn}])
    aws.client("sesv2").create_email_identity(EmailIdentity="budgets@example.org")

    config = stack.configuration(fakes.urls)
    config["general_settings"] |= {
        "alerting": ["sns", "email", "eventbridge"],
        "alerting_args": {
            "sns_topic_arn": topic,
            "email_from": "budgets@example.org",
            "email_to": ["ops@example.org"],
            "event_bus_name": "budgets",
        },
    }
    gateway = stack.Gateway(tmp_path, fakes.urls, config=config, environment={
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
        "AWS_ENDPOINT_URL_SNS": aws.url,
        "AWS_ENDPOINT_URL_SESV2": aws.url,
        "AWS_ENDPOINT_URL_EVENTBRIDGE": aws.url,
    })
    try:
        gateway.admin("POST", "/user/new", json={"user_id": "u", "user_email": "u@example.org"})
        key = gateway.new_key(user_id="u", key_alias="mine", max_budget=0.005)
        answer = gateway.http.post(
            "/v1/chat/completions",
            json={"model": "priced", "max_tokens": 16,
                  "messages": [{"role": "user", "content": "usage 1700 0 say hi"}]},
            headers={"authorization": f"Bearer {key}"},
        )
        assert answer.status_code == 200, answer.text
        # Nobody has told yet: who starts next does so at once.
        gateway.kill()
        gateway.start()
        [(notice, attributes)] = aws.bodies(subscribed)
        assert notice["event_message"].startswith("Key Budget: Budget Crossed")
        assert (notice["spend"], notice["max_budget"], notice["key_alias"]) == (0.0051, 0.005, "mine")
        assert attributes["event"]["StringValue"] == "budget_crossed"
        assert attributes["event_group"]["StringValue"] == "key"
        [(event, _)] = aws.bodies(events)
        assert event["detail"] == notice
        sent = [ses for account in ses_backends.values() for ses in account.values() if ses.sent_messages]
        [letter] = [message for ses in sent for message in ses.sent_messages]
        assert sorted(letter.destinations["ToAddresses"]) == ["ops@example.org", "u@example.org"]
        assert letter.source == "budgets@example.org"
        assert letter.subject == "Sluice: Key Budget: Budget Crossed"
        assert "key_alias: mine" in letter.body
        # And nobody tells it again.
        gateway.kill()
        gateway.start()
        for service in ("sns", "email", "eventbridge"):
            tried = gateway.admin("GET", f"/health/services?service={service}")
            assert tried.status_code == 200, tried.text
        told = [body["event_message"] for body, _ in aws.bodies(subscribed)]
        assert len(told) == 1 and "test alert" in told[0]
    finally:
        gateway.stop()
