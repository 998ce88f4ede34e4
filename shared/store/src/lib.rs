//! The DynamoDB store: keys, ledger, usage, tables.
