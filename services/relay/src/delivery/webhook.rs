//! Webhooks: a signed POST, to an address that was looked at first.
use super::{Settings, message};
use domain::time::rfc3339;
use hmac::{Hmac, Mac};
use relay_store::delivery::Due;
use reqwest::Url;
use serde_json::json;
use sha2::Sha256;
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

const TIMEOUT: Duration = Duration::from_secs(10);

/// Seconds since 1970 at which it was signed.
pub const TIMESTAMP: &str = "Meguri-Timestamp";
/// `v1=` and HMAC-SHA256, as hexadecimals, over timestamp, a point, and the body.
pub const SIGNATURE: &str = "Meguri-Signature";
/// The delivery's id: the same at every attempt.
pub const DELIVERY: &str = "Meguri-Delivery";

/// Is this address ours, our neighbours', or nobody's?
#[must_use]
pub fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_private_v4(ip),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => is_private_v4(ip),
            None => is_private_v6(ip),
        },
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    let [first, second, ..] = ip.octets();
    ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_unspecified()
        || ip.is_broadcast()
        || ip.is_multicast()
        || ip.is_documentation()
        || first == 0
        || first >= 240
        // shared by carriers, benchmarking
        || first == 100 && (64..128).contains(&second)
        || first == 198 && (18..20).contains(&second)
}

fn is_private_v6(ip: Ipv6Addr) -> bool {
    let [first, second, ..] = ip.segments();
    ip.is_loopback()
        || ip.is_unspecified()
        || ip.is_multicast()
        || first & 0xfe00 == 0xfc00
        || first & 0xffc0 == 0xfe80
        // documentation; addresses of the older protocol in disguise
        || first == 0x2001 && second == 0x0db8
        || first == 0x0064 && second == 0xff9b
        || first == 0x2002
}

/// A webhook's address that may be used, and where it leads.
///
/// # Errors
/// Why it may not, in words.
pub async fn checked(address: &str, settings: &Settings) -> Result<(Url, Vec<SocketAddr>), String> {
    let url = Url::parse(address).map_err(|_| "not an address".to_owned())?;
    let host = url.host_str().ok_or("without a host")?.trim_matches(['[', ']']).to_owned();
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err("without a user, a password and a fragment, please".to_owned());
    }
    let port = url.port_or_known_default().ok_or("without a port")?;
    let found = tokio::time::timeout(TIMEOUT, tokio::net::lookup_host((host.as_str(), port))).await;
    let found: Vec<SocketAddr> =
        found.map_err(|_| "its name is not found in time")?.map_err(|_| "its name is not found")?.collect();
    let is_here = !found.is_empty() && found.iter().all(|address| address.ip().is_loopback());
    match url.scheme() {
        "https" => {}
        "http" if settings.training && is_here => {}
        _ => return Err("https only".to_owned()),
    }
    let is_allowed = settings.private_webhooks || settings.training && is_here;
    // every one of them: which is taken is not ours to say
    if found.is_empty() || !is_allowed && found.iter().any(|address| is_private(address.ip())) {
        return Err("a private address".to_owned());
    }
    Ok((url, found))
}

/// The signature of a body.
#[must_use]
pub fn signature(key: &str, timestamp: i64, body: &str) -> String {
    let sum = Hmac::<Sha256>::new_from_slice(key.as_bytes()).map(|mut mac| {
        mac.update(format!("{timestamp}.{body}").as_bytes());
        hex::encode(mac.finalize().into_bytes())
    });
    // HMAC takes keys of any length
    format!("v1={}", sum.unwrap_or_default())
}

/// Sends one delivery, and answers when the other side has said 2xx.
///
/// # Errors
/// What the other side said, or why it was not asked.
pub async fn send(due: &Due, address: &str, settings: &Settings) -> Result<(), String> {
    let Some(subscription) = due.subscription else { return Err("a webhook of nobody".to_owned()) };
    // looked up anew each time, and connected to what was looked at
    let (url, found) = checked(address, settings).await?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let client = platform::outside_client().timeout(TIMEOUT).resolve_to_addrs(&host, &found);
    let client = client.build().map_err(|error| error.to_string())?;
    let body = match due.notification {
        None => {
            json!({"id": due.id, "type": "confirm", "subscription": subscription, "code": settings.code(subscription)})
        }
        Some(notification) => json!({
            "id": due.id, "type": "notification", "notification_id": notification, "topic": due.topic, "about": due.about,
            "text": message(due, settings).text, "ja": due.ja, "en": due.en, "training": settings.training,
            "due_at": due.due_at.map(rfc3339), "at": due.business_at.map(rfc3339),
        }),
    };
    let (body, timestamp) = (body.to_string(), platform::clock::real_now().timestamp());
    let sent = client
        .post(url)
        .header("Content-Type", "application/json")
        .header(DELIVERY, due.id.to_string())
        .header(TIMESTAMP, timestamp.to_string())
        .header(SIGNATURE, signature(&settings.signing_key(subscription), timestamp, &body))
        .body(body)
        .send()
        .await
        .map_err(|error| error.without_url().to_string())?;
    if sent.status().is_success() { Ok(()) } else { Err(format!("answered {}", sent.status().as_u16())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_known_in_every_dress() {
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "::1",
            "::",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
        ] {
            assert!(is_private(address.parse().unwrap()), "{address}");
        }
        for address in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2400:4050::1"] {
            assert!(!is_private(address.parse().unwrap()), "{address}");
        }
    }

    #[tokio::test]
    async fn only_https_to_the_world_outside_training() {
        let settings = |training, private_webhooks| Settings {
            instance: "t".to_owned(),
            secret: "s".to_owned(),
            smtp_url: None,
            mail_from: "a@example.jp".to_owned(),
            public_url: "https://example.jp".to_owned(),
            private_webhooks,
            training,
        };
        let (real, open, training) = (settings(false, false), settings(false, true), settings(true, false));
        for address in [
            "http://127.0.0.1:1/",
            "https://127.0.0.1/",
            "https://169.254.169.254/latest",
            "https://[::1]/",
            "https://2130706433/",
            "https://user@8.8.8.8/",
            "ftp://8.8.8.8/",
            "file:///etc/passwd",
            "8.8.8.8",
            "",
            "http://8.8.8.8/",
        ] {
            assert!(checked(address, &real).await.is_err(), "{address}");
        }
        assert!(checked("https://8.8.8.8/hook", &real).await.is_ok());
        assert!(
            checked("https://10.0.0.1/hook", &open).await.is_ok() && checked("http://10.0.0.1/", &open).await.is_err()
        );
        assert!(checked("http://127.0.0.1:1/", &training).await.is_ok());
        assert!(checked("http://10.0.0.1:1/", &training).await.is_err());
    }

    #[test]
    fn a_signature_is_the_documented_one() {
        // computed from the description with another language's library
        assert_eq!(
            signature("key", 1_617_593_400, "{\"id\":1}"),
            "v1=4886f03df9a8183e62f25c8afc5ac78eb2efa5b05e4f64013b2a69b5e382be05"
        );
    }
}
