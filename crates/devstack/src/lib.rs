//! Finds or starts the servers an instance of Meguri needs: PostgreSQL, Redis and RabbitMQ.
//!
//! `./demo`, `./test` and developers call [`up`] and get a [`Stack`] of URLs. Servers come, in this
//! order, from
//!
//! 1. `DATABASE_URL`, `REDIS_URL` and `MEGURI_AMQP_URL`, used as they are;
//! 2. installed binaries, started as private servers on free loopback ports, with generated
//!    passwords and their data in the instance's own folder, kept between runs;
//! 3. the system's packages, installed with apt-get after saying so;
//! 4. nowhere: one message that says what to install or which variable to set.
//!
//! A server that this instance did not start is never stopped, changed or connected to, whatever
//! port it listens on.
//!
//! One module per server (`postgres`, `redis`, `rabbitmq`), each with the same three functions: `find` the
//! binaries, `ensure` it runs, `stop` it. RabbitMQ is slow, so its `ensure` and `stop` have two halves, and
//! the others start and stop between them. A fourth server is a fourth module and its fields in [`Stack`].

mod account;
mod endpoint;
mod error;
mod explicit;
mod health;
mod install;
mod instance;
mod options;
mod place;
mod port;
mod postgres;
mod process;
mod rabbitmq;
mod record;
mod redis;
mod stack;

pub use error::Error;
pub use instance::Instance;
pub use options::Options;
pub use port::free_port;
pub use record::Stack;
pub use stack::{down, load, save, up};
