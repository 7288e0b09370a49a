//! Verdicts about sides of which the truth is known.
