//! The one binary's parts: it runs the services, and does what operators do from a shell.
pub mod allocate;
pub mod audit;
pub mod cli;
pub mod contracts;
pub mod demo;
pub mod gmis;
pub mod home;
pub mod import;
pub mod population;
pub mod round;
pub mod seed;
pub mod serve;
pub mod story;
pub mod synthetic;
pub mod table;
