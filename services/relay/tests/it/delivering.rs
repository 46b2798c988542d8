//! Notices by mail and webhook, to sinks of the test's own.
use crate::support::{Bench, notification, settings};
use platform::{opctx::new_id, outbox};
use relay::{
    Relay,
    app::status,
    delivery::{Settings, webhook::signature},
};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use testkit::app::until;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use uuid::Uuid;

/// What came, and how often the next ones are turned away.
#[derive(Clone, Default)]
struct Sink {
    came: Arc<Mutex<Vec<String>>>,
    refusing: Arc<Mutex<u32>>,
}

impl Sink {
    fn came(&self) -> Vec<String> {
        self.came.lock().unwrap().clone()
    }

    fn refuse(&self, times: u32) {
        *self.refusing.lock().unwrap() = times;
    }

    fn is_refused(&self) -> bool {
        let mut left = self.refusing.lock().unwrap();
        let is_refused = *left > 0;
        *left = left.saturating_sub(1);
        is_refused
    }

    fn keep(&self, text: String) {
        self.came.lock().unwrap().push(text);
    }
}

/// A mail server that takes everything, or says 450.
async fn smtp() -> (Sink, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (sink, url) = (Sink::default(), format!("smtp://{}", listener.local_addr().unwrap()));
    let kept = sink.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(speak_smtp(stream, kept.clone()));
        }
    });
    (sink, url)
}

async fn speak_smtp(stream: TcpStream, sink: Sink) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let _ = write.write_all(b"220 sink\r\n").await;
    let mut mail: Option<String> = None;
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = match &mut mail {
            Some(text) if line == "." => {
                sink.keep(std::mem::take(text));
                mail = None;
                "250 taken"
            }
            Some(text) => {
                text.push_str(&line);
                text.push('\n');
                continue;
            }
            None => match line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase().as_str() {
                "MAIL" if sink.is_refused() => "450 later",
                "DATA" => {
                    mail = Some(String::new());
                    "354 go on"
                }
                "QUIT" => "221 bye",
                _ => "250 ok",
            },
        };
        if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            return;
        }
    }
}

/// A server that takes every POST, or says 503.
async fn hook() -> (Sink, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (sink, url) = (Sink::default(), format!("http://{}/hook", listener.local_addr().unwrap()));
    let kept = sink.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let sink = kept.clone();
            tokio::spawn(async move {
                let mut text = String::new();
                let mut buffer = [0; 4_096];
                let is_whole = |text: &str| {
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
                    let length = head
                        .lines()
                        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
                    length.is_some_and(|length: usize| body.len() >= length)
                };
                while !is_whole(&text) {
                    let read = stream.read(&mut buffer).await.unwrap_or(0);
                    if read == 0 {
                        return;
                    }
                    text.push_str(&String::from_utf8_lossy(&buffer[..read]));
                }
                let status = if sink.is_refused() {
                    "503 Service Unavailable"
                } else {
                    sink.keep(text);
                    "204 No Content"
                };
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    (sink, url)
}

fn relay(bench: &Bench, settings: Settings) -> Relay {
    let url = bench.db.home.role_url("relay_app").unwrap();
    Relay::new(bench.broker().clone(), &url, bench.clock.clone(), settings).unwrap()
}

/// A subscription of Tokyo's prefecture, confirmed before.
async fn subscribed(bench: &Bench, kind: &str, address: &str, topics: &str, confirmed: bool) -> Uuid {
    let id = new_id();
    let at = if confirmed { "now() - interval '1 hour'" } else { "null" };
    bench
        .db
        .sql(&format!(
            "insert into relay.subscription (id, organisation, recipient_kind, recipient, kind, address, topics,
                                             language, made_by, made_by_name, verified_at)
             values ('{id}', '{}', 'territory', '130001', '{kind}', '{address}', '{topics}', 'ja', '{}', 'prefecture-13', {at})",
            new_id(),
            new_id()
        ))
        .await;
    id
}

async fn states(bench: &Bench) -> String {
    let sql =
        "select coalesce(string_agg(state || ' ' || attempts, ', ' order by state, attempts), '') from relay.delivery";
    bench.db.text(sql).await
}

/// Does not wait for the pause after a failure.
async fn hurry(bench: &Bench) {
    bench.db.sql("update relay.delivery set next_at = now() where state = 'waiting'").await;
}

/// A mail whose body is base64 or quoted, as text.
fn decoded(mail: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let (head, body) = mail.split_once("\n\n").unwrap();
    let bytes = if head.contains("Content-Transfer-Encoding: base64") {
        STANDARD.decode(body.lines().collect::<String>()).unwrap()
    } else {
        let joined = body.replace("=\n", "");
        let mut parts = joined.split('=');
        let mut bytes = parts.next().unwrap().as_bytes().to_vec();
        for part in parts {
            bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
            bytes.extend_from_slice(&part.as_bytes()[2..]);
        }
        bytes
    };
    format!("{head}\n\n{}", String::from_utf8(bytes).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_goes_once_to_each_channel_that_wants_it() {
    let bench = Bench::new().await;
    let ((mails, smtp_url), (hooks, hook_url)) = (smtp().await, hook().await);
    let settings = Settings { smtp_url: Some(smtp_url), ..settings() };
    subscribed(&bench, "mail", "tokyo@example.jp", "{}", true).await;
    let webhook = subscribed(&bench, "webhook", &hook_url, "{shipment}", true).await;
    subscribed(&bench, "mail", "others@example.jp", "{round}", true).await;
    subscribed(&bench, "mail", "unconfirmed@example.jp", "{}", false).await;
    let running = relay(&bench, settings.clone()).start();
    let second = relay(&bench, settings.clone()).start();
    let notice = bench.notify().await;
    until("both came", async || mails.came().len() == 1 && hooks.came().len() == 1).await;
    until("both are noted", async || states(&bench).await == "delivered 1, delivered 1").await;
    let mail = decoded(&mails.came()[0]);
    for part in ["To: tokyo@example.jp", "From: meguri@example.jp", "Message-ID: <", "不足", "【訓練】", "shipment/1"]
    {
        assert!(mail.contains(part), "{part}: {mail}");
    }
    let posted = hooks.came()[0].clone();
    let (head, body) = posted.split_once("\r\n\r\n").unwrap();
    let said: Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        (said["notification_id"].as_str(), said["topic"].as_str()),
        (Some(notice.to_string().as_str()), Some("shipment.discrepancy"))
    );
    let header = |name: &str| {
        let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}: ")));
        line.unwrap().split_once(": ").unwrap().1.to_owned()
    };
    let timestamp: i64 = header("meguri-timestamp").parse().unwrap();
    assert_eq!(header("meguri-signature"), signature(&settings.signing_key(webhook), timestamp, body));
    assert_eq!(header("meguri-delivery"), said["id"].as_str().unwrap());
    // the event comes again: nothing is sent again
    bench.db.sql("update capacity.outbox set published_at = null, announced_at = null").await;
    bench.all_sent("capacity").await;
    let other = bench.notify().await;
    assert_ne!(other, notice);
    until("the other one came", async || mails.came().len() == 2 && hooks.came().len() == 2).await;
    let open = "select count(*) from relay.notification where delivered_at is null";
    until("both notices are marked", async || bench.db.number(open).await == 0).await;
    running.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_tried_again_and_given_up_after_a_day() {
    let bench = Bench::new().await;
    let ((mails, smtp_url), (hooks, hook_url)) = (smtp().await, hook().await);
    subscribed(&bench, "mail", "tokyo@example.jp", "{}", true).await;
    subscribed(&bench, "webhook", &hook_url, "{}", true).await;
    mails.refuse(2);
    hooks.refuse(2);
    let relay = relay(&bench, Settings { smtp_url: Some(smtp_url), ..settings() });
    let running = relay.start();
    bench.notify().await;
    until("both failed", async || states(&bench).await == "waiting 1, waiting 1").await;
    let standing = status::deliveries(&relay).await.unwrap();
    let errors: Vec<String> = standing.iter().filter_map(|standing| standing.last_error.clone()).collect();
    assert!(errors.len() == 2 && errors[0].contains("450") && errors[1].contains("503"), "{errors:?}");
    assert!(standing.iter().all(|standing| (standing.waiting, standing.dead) == (1, 0)));
    let pause = "select min(extract(epoch from next_at - now()))::bigint from relay.delivery";
    assert!((1..=10).contains(&bench.db.number(pause).await), "not at once");
    hurry(&bench).await;
    until("both failed again", async || states(&bench).await == "waiting 2, waiting 2").await;
    hurry(&bench).await;
    until("both came", async || states(&bench).await == "delivered 3, delivered 3").await;
    assert_eq!((mails.came().len(), hooks.came().len()), (1, 1));
    // a day later
    hooks.refuse(9);
    bench.notify().await;
    until("it failed", async || states(&bench).await.contains("waiting 1")).await;
    bench
        .db
        .sql("update relay.delivery set next_at = now(), created_at = now() - interval '1 day' where state = 'waiting'")
        .await;
    until("it was given up", async || states(&bench).await.contains("dead 2")).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_mails_wait_and_webhooks_do_not() {
    let bench = Bench::new().await;
    let (hooks, hook_url) = hook().await;
    subscribed(&bench, "mail", "tokyo@example.jp", "{}", true).await;
    subscribed(&bench, "webhook", &hook_url, "{}", true).await;
    let relay_without = relay(&bench, settings());
    let running = relay_without.start();
    bench.notify().await;
    until("the webhook was told", async || hooks.came().len() == 1).await;
    until("the mail waits", async || states(&bench).await == "delivered 1, waiting 0").await;
    running.stop().await;
    // with one, it goes; and a mail to a person by the address that identity knows
    let (mails, smtp_url) = smtp().await;
    let running = relay(&bench, Settings { smtp_url: Some(smtp_url), ..settings() }).start();
    until("the mail came", async || mails.came().len() == 1).await;
    let account = bench.db.text("select id from identity.account where name = 'prefecture-13'").await;
    bench.db.sql("update identity.account set mail = 'officer@example.jp' where name = 'prefecture-13'").await;
    let mut tx = bench.begin().await;
    let mut asked = notification();
    (asked.recipient_kind, asked.recipient) = ("account".to_owned(), account);
    let invitation = new_id();
    asked.about = format!("invitation/{invitation}");
    outbox::emit(&mut tx, &bench.ctx(), asked.notification_id, &asked).await.unwrap();
    tx.finish(Ok(())).await.unwrap();
    until("the person's mail came", async || mails.came().len() == 2).await;
    let mail = decoded(&mails.came()[1]);
    let token = platform::one_time::OneTime::new("secret").token(invitation);
    for part in ["To: officer@example.jp".to_owned(), format!("https://meguri.example.jp/invitation#{token}")] {
        assert!(mail.contains(&part), "{part}: {mail}");
    }
    let kept = format!(
        "select count(*) from relay.delivery d, relay.notification n where (d::text || n::text) like '%{token}%'"
    );
    assert_eq!(bench.db.number(&kept).await, 0, "the link is kept nowhere");
    running.stop().await;
}
