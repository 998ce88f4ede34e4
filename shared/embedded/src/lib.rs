//! The DynamoDB engine of the laptop and the tests, behind the SDK connector.
