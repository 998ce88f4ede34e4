//! STS: `GetCallerIdentity` as a presigned request (STS API reference; IAM user guide, "Create a
//! signed AWS API request", with the signature in the query).
//!
//! A session token is `<role>/<session>`, and is believed where the signature is good. Without one the
//! credentials are a user's.

use http::Response;

use crate::{
    aws,
    delivery::Body,
    http::{Call, Desk, reply},
    reject::Reject,
};

/// The account that everybody is of.
const ACCOUNT: &str = "111122223333";

/// Answers one request.
pub(crate) fn answer(desk: &Desk, call: &Call) -> Response<Body> {
    let (status, body) = match aws::presigned(call, "sts") {
        Ok(session) => {
            let arn = match session {
                Some(session) => format!("arn:aws:sts::{ACCOUNT}:assumed-role/{session}"),
                None => format!("arn:aws:iam::{ACCOUNT}:user/fakes/bob"),
            };
            let body = format!(
                "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  \
                 <GetCallerIdentityResult>\n    <Arn>{arn}</Arn>\n    <UserId>AIDAOFTHEFAKES</UserId>\n    \
                 <Account>{ACCOUNT}</Account>\n  </GetCallerIdentityResult>\n  <ResponseMetadata>\n    \
                 <RequestId>{}</RequestId>\n  </ResponseMetadata>\n</GetCallerIdentityResponse>\n",
                desk.ids.uuid()
            );
            (200, body)
        }
        Err(Reject { status, kind, message, .. }) => {
            let body = format!(
                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n    \
                 <Type>Sender</Type>\n    <Code>{kind}</Code>\n    <Message>{message}</Message>\n  \
                 </Error>\n  <RequestId>{}</RequestId>\n</ErrorResponse>\n",
                desk.ids.uuid()
            );
            (status, body)
        }
    };
    reply(status, &[("content-type", "text/xml".to_owned())], body)
}
