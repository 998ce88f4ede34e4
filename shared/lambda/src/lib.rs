//! The seam to the Lambda runtime: an event in, a streamed or buffered answer out.
