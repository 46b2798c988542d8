//! devstack against real servers. Where PostgreSQL or Redis is not installed these tests fail and say
//! so: nothing here passes by skipping.

#[cfg(test)]
mod choosing;
#[cfg(test)]
mod private;
#[cfg(test)]
mod support;
