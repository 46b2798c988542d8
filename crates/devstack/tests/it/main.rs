//! devstack against real servers. Where PostgreSQL, Redis or RabbitMQ is not installed these tests fail and say
//! so: nothing here passes by skipping.

#[cfg(test)]
mod broker;
#[cfg(test)]
mod choosing;
#[cfg(test)]
mod management;
#[cfg(test)]
mod named_broker;
#[cfg(test)]
mod private;
#[cfg(test)]
mod support;
