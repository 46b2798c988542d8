//! Mail by SMTP.
use super::{Settings, message};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    message::{Mailbox, Message, header::ContentType},
};
use relay_store::delivery::Due;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(20);

/// A connection to the mail server, kept and made anew as need be.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    /// To the server of the settings; none without one.
    ///
    /// # Errors
    /// What is wrong with the settings, in words; the password is not among them.
    pub fn new(settings: &Settings) -> Result<Option<Self>, String> {
        let Some(url) = &settings.smtp_url else { return Ok(None) };
        if url.starts_with("smtp://") && !url.contains("tls=") && !settings.training {
            return Err("MEGURI_SMTP_URL: outside training smtps://, or smtp://…?tls=required".to_owned());
        }
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_| "MEGURI_SMTP_URL is no address of a mail server".to_owned())?;
        let from = settings.mail_from.parse().map_err(|_| "MEGURI_MAIL_FROM is no address".to_owned())?;
        Ok(Some(Self { transport: builder.timeout(Some(TIMEOUT)).build(), from }))
    }

    /// Sends one delivery, and answers when the server has taken it (250).
    ///
    /// # Errors
    /// What the server said.
    pub async fn send(&self, due: &Due, address: &str, settings: &Settings) -> Result<(), String> {
        let said = message(due, settings);
        let to: Mailbox = address.parse().map_err(|_| "not an address".to_owned())?;
        let domain = self.from.email.domain().to_owned();
        let mail = Message::builder()
            // the same at every attempt: a mail that came twice is seen to be one
            .message_id(Some(format!("<{}@{domain}>", due.id)))
            .from(self.from.clone())
            .to(to)
            .subject(said.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(said.text)
            .map_err(|error| error.to_string())?;
        self.transport.send(mail).await.map(drop).map_err(|error| error.to_string())
    }
}

/// Could mail go to this address?
#[must_use]
pub fn is_address(text: &str) -> bool {
    text.parse::<lettre::Address>().is_ok()
}
