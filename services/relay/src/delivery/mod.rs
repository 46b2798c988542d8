//! Bringing notices to people: mail and webhooks. A notice arrives at least once in each channel: what was sent and
//! could not be noted is sent again, under the same id, by which the receiver knows it. Nothing but the notice's own
//! text leaves the house.
pub mod mail;
pub mod webhook;

use domain::time::rfc3339;
use hmac::{Hmac, Mac};
use platform::one_time::OneTime;
use relay_store::delivery::Due;
use sha2::Sha256;
use std::fmt;
use uuid::Uuid;

/// How notices leave.
#[derive(Clone)]
pub struct Settings {
    /// The instance's name.
    pub instance: String,
    /// The instance's secret, from which codes and signing keys are derived.
    pub secret: String,
    /// The mail server: `smtp://host:port` (training only) or `smtps://user:password@host`. Without one mails wait.
    pub smtp_url: Option<String>,
    /// Whose mails they are.
    pub mail_from: String,
    /// Where people reach the service: `https://meguri.example.jp`. Links in mails begin with it.
    pub public_url: String,
    /// Webhooks may go to private addresses.
    pub private_webhooks: bool,
    /// A training instance: plain HTTP to this machine itself is allowed.
    pub training: bool,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("instance", &self.instance).field("mail", &self.smtp_url.is_some()).finish()
    }
}

impl Settings {
    /// Those of the environment: `MEGURI_SMTP_URL`, `MEGURI_MAIL_FROM`, `MEGURI_PUBLIC_URL`, `MEGURI_WEBHOOK_PRIVATE`
    /// (`1`).
    #[must_use]
    pub fn from_env(instance: &str, secret: &str, training: bool) -> Self {
        let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            instance: instance.to_owned(),
            secret: secret.to_owned(),
            smtp_url: var("MEGURI_SMTP_URL"),
            mail_from: var("MEGURI_MAIL_FROM").unwrap_or_else(|| "meguri@localhost".to_owned()),
            public_url: var("MEGURI_PUBLIC_URL").unwrap_or_else(|| "http://127.0.0.1:8080".to_owned()),
            private_webhooks: var("MEGURI_WEBHOOK_PRIVATE").as_deref() == Some("1"),
            training,
        }
    }

    fn derived(&self, what: &str, id: Uuid) -> String {
        match Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()) {
            Ok(mut mac) => {
                mac.update(format!("{what}/{}/{id}", self.instance).as_bytes());
                hex::encode(mac.finalize().into_bytes())
            }
            // HMAC takes keys of any length
            Err(_) => String::new(),
        }
    }

    /// What confirms a subscription: whoever reads what comes to its address knows it.
    #[must_use]
    pub fn code(&self, subscription: Uuid) -> String {
        self.derived("confirm", subscription).chars().take(32).collect()
    }

    /// The key by which a webhook's messages are signed.
    #[must_use]
    pub fn signing_key(&self, subscription: Uuid) -> String {
        self.derived("webhook", subscription)
    }
}

/// The token of the link by which an invited person comes in: computed here, and stored nowhere. Only a mail to the
/// person has it.
fn invitation(about: &str, due: &Due, settings: &Settings) -> Option<String> {
    let id: Uuid = about.strip_prefix("invitation/")?.parse().ok()?;
    due.account.is_some().then(|| OneTime::new(&settings.secret).token(id))
}

/// What is said: a subject and a text, in the language asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// In one line.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// What a delivery says.
#[must_use]
pub fn message(due: &Due, settings: &Settings) -> Message {
    let is_ja = due.language == "ja";
    let mark = match (settings.training, is_ja) {
        (false, _) => "",
        (true, true) => "【訓練】",
        (true, false) => "[training] ",
    };
    let (subject, mut text) = match (&due.notification, due.subscription) {
        (None, Some(subscription)) => {
            let code = settings.code(subscription);
            match is_ja {
                true => (
                    "通知先の確認".to_owned(),
                    format!(
                        "この宛先への通知が申し込まれました。申込者に次の確認コードを伝えるか、画面で入力してください。\n\n{code}\n\n心当たりがなければ、何もする必要はありません。"
                    ),
                ),
                false => (
                    "Confirm this address".to_owned(),
                    format!(
                        "Notices to this address were asked for. Enter this code to confirm it:\n\n{code}\n\nIf you know nothing of it, do nothing."
                    ),
                ),
            }
        }
        _ => {
            let text = if is_ja { &due.ja } else { &due.en };
            let subject = if is_ja { "お知らせ" } else { "Notice" };
            let topic = due.topic.as_deref().unwrap_or_default();
            (format!("{subject} ({topic})"), text.clone().unwrap_or_default())
        }
    };
    if let Some(due_at) = due.due_at {
        let label = if is_ja { "期限" } else { "Due" };
        text.push_str(&format!("\n\n{label}: {}", rfc3339(due_at)));
    }
    if let Some(token) = due.about.as_deref().and_then(|about| invitation(about, due, settings)) {
        // behind the #: a browser tells it to no server, and no log has it
        let base = settings.public_url.trim_end_matches('/');
        text.push_str(&format!("\n\n{base}/invitation#{token}"));
    }
    if let Some(about) = &due.about {
        let label = if is_ja { "対象" } else { "About" };
        text.push_str(&format!("\n{label}: {about}"));
    }
    Message { subject: format!("{mark}[Meguri] {subject}"), text: format!("{mark}{text}\n") }
}
