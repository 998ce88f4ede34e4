//! Messages to people and programs by services of AWS: SNS (API reference, Publish), SES (API v2 reference,
//! SendEmail) and EventBridge (API reference, PutEvents). A few a day are no reason for three SDKs.

use reqwest::Url;
use serde_json::{Value, json};

use super::post::{Answered, Service, Signed, region_of};
use crate::Transport;

const SNS: Service = Service { id: "SNS", name: "sns", host: "sns" };
const SES: Service = Service { id: "SESv2", name: "ses", host: "email" };
const EVENTS: Service = Service { id: "EventBridge", name: "events", host: "events" };
/// Longest subject of a message to a topic: fewer than 100 characters, of ASCII.
const SUBJECT: usize = 99;

/// A message to a topic of SNS.
#[derive(Debug, Clone, Copy)]
pub struct TopicMessage<'m> {
    /// The topic's ARN.
    pub topic: &'m str,
    /// What subscribers by e-mail see first.
    pub subject: &'m str,
    /// The message.
    pub message: &'m str,
    /// What subscribers may filter by: name and text.
    pub attributes: &'m [(&'m str, &'m str)],
    /// The same of the same message, if it has to be sent again: letters and digits, 128 at most.
    pub id: &'m str,
}

/// An e-mail.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'m> {
    /// An address that SES may send from.
    pub sender: &'m str,
    /// Whom it is to.
    pub to: &'m [String],
    /// Its subject.
    pub subject: &'m str,
    /// Its text.
    pub text: &'m str,
}

/// An event for a bus of EventBridge.
#[derive(Debug, Clone, Copy)]
pub struct BusEvent<'m> {
    /// The bus: a name or an ARN.
    pub bus: &'m str,
    /// Whose event it is.
    pub source: &'m str,
    /// What kind of event.
    pub kind: &'m str,
    /// The event.
    pub detail: &'m Value,
}

// === impl Transport ===

impl Transport {
    /// Publishes a message.
    ///
    /// # Errors
    /// Why SNS does not take it, for the operator.
    pub async fn publish(&self, message: &TopicMessage<'_>) -> Result<(), String> {
        let subject: String = message.subject.chars().filter(plain).take(SUBJECT).collect();
        let mut fields = vec![
            ("Action".to_owned(), "Publish"),
            ("Version".to_owned(), "2010-03-31"),
            ("TopicArn".to_owned(), message.topic),
            ("Subject".to_owned(), &subject),
            ("Message".to_owned(), message.message),
        ];
        for (place, (name, value)) in message.attributes.iter().enumerate() {
            let entry = |field: &str| format!("MessageAttributes.entry.{}.{field}", place + 1);
            fields.push((entry("Name"), name));
            fields.push((entry("Value.DataType"), "String"));
            fields.push((entry("Value.StringValue"), value));
        }
        if message.topic.ends_with(".fifo") {
            fields.push(("MessageGroupId".to_owned(), "sluice"));
            fields.push(("MessageDeduplicationId".to_owned(), message.id));
        }
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.send_signed(&Signed {
            service: SNS,
            method: "POST",
            region: region_of(message.topic),
            path: "/",
            headers: &headers,
            body: form(&fields)?,
        })
        .await?
        .accepted("SNS")
        .map(|_| ())
    }

    /// Sends an e-mail.
    ///
    /// # Errors
    /// Why SES does not take it, for the operator.
    pub async fn mail(&self, letter: &Letter<'_>) -> Result<(), String> {
        let text = |data: &str| json!({ "Data": data, "Charset": "UTF-8" });
        let body = json!({
            "FromEmailAddress": letter.sender,
            "Destination": { "ToAddresses": letter.to },
            "Content": { "Simple": {
                "Subject": text(letter.subject),
                "Body": { "Text": text(letter.text) },
            } },
        });
        self.send_signed(&Signed {
            service: SES,
            method: "POST",
            region: None,
            path: "/v2/email/outbound-emails",
            headers: &[("content-type", "application/json")],
            body: body.to_string(),
        })
        .await?
        .accepted("SES")
        .map(|_| ())
    }

    /// Puts an event on a bus.
    ///
    /// # Errors
    /// Why EventBridge does not take it, for the operator.
    pub async fn put_event(&self, event: &BusEvent<'_>) -> Result<(), String> {
        let body = json!({ "Entries": [{
            "Source": event.source,
            "DetailType": event.kind,
            "Detail": event.detail.to_string(),
            "EventBusName": event.bus,
        }] });
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "AWSEvents.PutEvents"),
        ];
        let answer = self
            .send_signed(&Signed {
                service: EVENTS,
                method: "POST",
                region: region_of(event.bus),
                path: "/",
                headers: &headers,
                body: body.to_string(),
            })
            .await?
            .accepted("EventBridge")?;
        // An event that is not taken is told in an answer of 200.
        if answer.get("FailedEntryCount").and_then(Value::as_u64).unwrap_or(0) > 0 {
            let told = answer.pointer("/Entries/0").map(Value::to_string).unwrap_or_default();
            return Err(format!("EventBridge did not take the event: {told}"));
        }
        Ok(())
    }
}

// === impl Answered ===

impl Answered {
    /// The answer as JSON (nothing, where it is XML), if it is a good one.
    fn accepted(&self, service: &str) -> Result<Value, String> {
        if self.status.is_success() {
            return Ok(serde_json::from_slice(&self.body).unwrap_or_default());
        }
        let told: String = String::from_utf8_lossy(&self.body).chars().take(300).collect();
        Err(format!("{service} answered {}: {told}", self.status))
    }
}

/// Fields as a form has them.
fn form(fields: &[(String, &str)]) -> Result<String, String> {
    let mut url = Url::parse("http://form/").map_err(|error| error.to_string())?;
    url.query_pairs_mut().extend_pairs(fields);
    Ok(url.query().unwrap_or_default().to_owned())
}

fn plain(letter: &char) -> bool {
    letter.is_ascii() && !letter.is_ascii_control()
}
