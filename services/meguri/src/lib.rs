//! meguri
