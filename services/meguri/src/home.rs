//! Where an instance lives: its servers, its database, the addresses under which its roles connect.
use devstack::{Instance, Options, Stack};
use platform::{
    Db, Failure,
    amqp::Broker,
    failure::Result,
    migrate::{self, role_password},
};
use reqwest::Url;

/// Connections of one pool; five pools share PostgreSQL's two hundred with whoever else is there.
const POOL: usize = 16;

/// An instance and its servers.
#[derive(Debug, Clone)]
pub struct Home {
    /// The servers as devstack recorded them.
    pub stack: Stack,
    database: String,
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Unavailable(error.to_string())
}

impl Home {
    /// Finds or starts the servers of the instance that `MEGURI_INSTANCE` names. `MEGURI_DATABASE`
    /// names another database on the same servers than the instance's own.
    ///
    /// # Errors
    /// What devstack says, in words that say what to do.
    pub fn up(instance: &Instance, options: &Options, progress: &mut dyn FnMut(&str)) -> Result<Self> {
        let stack = devstack::up(instance, options, progress).map_err(failed)?;
        let database = std::env::var("MEGURI_DATABASE").unwrap_or_else(|_| format!("meguri_{instance}"));
        Ok(Self::of(stack, &database))
    }

    /// The home in one database of a stack. `MEGURI_SECRET` replaces the recorded secret, so that
    /// services on several hosts agree on it.
    #[must_use]
    pub fn of(mut stack: Stack, database: &str) -> Self {
        if let Ok(secret) = std::env::var("MEGURI_SECRET") {
            stack.secret = secret;
        }
        Self { stack, database: database.to_owned() }
    }

    /// Name of the instance's database.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The administrator's address of the instance's database.
    ///
    /// # Errors
    /// When the recorded address is no URL.
    pub fn admin_url(&self) -> Result<String> {
        let mut url = Url::parse(&self.stack.database_url).map_err(failed)?;
        url.set_path(&self.database);
        Ok(url.into())
    }

    /// The address under which a role (`capacity_app`, `gateway`, …) connects. A deployment that
    /// runs services apart names it: `MEGURI_CAPACITY_APP_DATABASE_URL`.
    ///
    /// # Errors
    /// When the recorded address is no URL.
    pub fn role_url(&self, role: &str) -> Result<String> {
        let variable = format!("MEGURI_{}_DATABASE_URL", role.to_uppercase());
        if let Ok(given) = std::env::var(variable) {
            return Ok(given);
        }
        let mut url = Url::parse(&self.admin_url()?).map_err(failed)?;
        let name = format!("{}_{role}", self.stack.instance);
        let password = role_password(&self.stack.secret, role);
        url.set_username(&name)
            .and_then(|()| url.set_password(Some(&password)))
            .map_err(|()| failed("database URL"))?;
        Ok(url.into())
    }

    /// The broker: `amqp://user:password@host:port`, an administrator's, without a virtual host. The
    /// instance's virtual hosts begin with `meguri-` and `self.stack.instance`.
    #[must_use]
    pub fn amqp_url(&self) -> &str {
        &self.stack.amqp_url
    }

    /// The broker's management interface: `http://host:port`, for the administrator of [`Home::amqp_url`].
    #[must_use]
    pub fn amqp_management_url(&self) -> &str {
        &self.stack.amqp_management_url
    }

    /// The broker, if the instance has one, and the names under which this database's events live there:
    /// `meguri-demo` for the database `meguri_demo`, so that two databases of one instance stay apart.
    ///
    /// # Errors
    /// When the recorded address is none of AMQP.
    pub fn broker(&self) -> Result<Option<Broker>> {
        if self.amqp_url().is_empty() {
            return Ok(None);
        }
        let namespace = self.database.replacen('_', "-", 1);
        Broker::new(self.amqp_url(), self.amqp_management_url(), &namespace, &self.stack.secret).map(Some)
    }

    /// A pool in a role, whose unqualified names mean `schema`.
    ///
    /// # Errors
    /// When the pool cannot be set up.
    pub fn pool(&self, role: &str, schema: &'static str) -> Result<Db> {
        Db::new(&self.role_url(role)?, schema, POOL)
    }

    /// Makes the database if need be and brings it up to date. Answers what was applied.
    ///
    /// # Errors
    /// The database's.
    pub async fn migrate(&self) -> Result<Vec<String>> {
        migrate::create_database(&self.stack.database_url, &self.database).await?;
        migrate::run(&self.stack.database_url, &self.admin_url()?, &self.stack.instance, &self.stack.secret).await
    }

    /// Drops the instance's database with all it holds.
    ///
    /// # Errors
    /// The database's.
    pub async fn drop_database(&self) -> Result<()> {
        migrate::drop_database(&self.stack.database_url, &self.database).await
    }
}
