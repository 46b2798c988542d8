//! Signing in by cookie, for browsers: whose cookie it is, and whether it was sent by our own pages.
use crate::failure::Result;
use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{Method, header},
};
use domain::{Problem, error};
use wire::headers;

/// The access token, a JWT. The prefix lets browsers take it only from this host, over TLS, for all paths.
pub const ACCESS: &str = "__Host-meguri";
/// The session's secret, by which access tokens are renewed.
pub const SESSION: &str = "__Host-meguri-session";

/// What [`headers::REQUEST`] says.
const CONSOLE: &str = "console";

/// The value of a cookie.
#[must_use]
pub fn value(req: &HttpRequest, name: &str) -> Option<String> {
    let lines = req.headers().get_all(header::COOKIE).filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(given, value)| *given == name && !value.is_empty())?;
    Some(value.to_owned())
}

/// Gives the browser a cookie that scripts cannot read, until it is closed.
pub fn put(builder: &mut HttpResponseBuilder, name: &str, value: &str) {
    builder.append_header((header::SET_COOKIE, format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax")));
}

/// Takes both cookies away.
pub fn clear(response: &mut HttpResponse) {
    for name in [ACCESS, SESSION] {
        let gone = format!("{name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
        if let Ok(gone) = header::HeaderValue::from_str(&gone) {
            response.headers_mut().append(header::SET_COOKIE, gone);
        }
    }
}

fn text<'r>(req: &'r HttpRequest, name: &str) -> Option<&'r str> {
    req.headers().get(name).map(|value| value.to_str().unwrap_or("?"))
}

/// Does a browser say that another site made this request?
///
/// # Errors
/// `auth.forgery_suspected`.
pub fn same_site(req: &HttpRequest) -> Result<()> {
    let fetched = text(req, "Sec-Fetch-Site").is_some_and(|site| matches!(site, "cross-site" | "same-site"));
    let host = text(req, "Host").unwrap_or_default();
    // `null` and whatever has no authority are foreign
    let own = |origin: &str| origin.split_once("://").is_some_and(|(_, at)| at.eq_ignore_ascii_case(host));
    let foreign = text(req, "Origin").is_some_and(|origin| !own(origin));
    if fetched || foreign {
        return Err(Problem::new(&error::AUTH_FORGERY_SUSPECTED).into());
    }
    Ok(())
}

/// May a request that is signed in by cookie be what the person meant? Whatever is no mere reading needs a
/// header that another site cannot send without asking first, and it is never allowed to.
///
/// # Errors
/// `auth.forgery_suspected`.
pub fn meant(req: &HttpRequest) -> Result<()> {
    same_site(req)?;
    let reads = matches!(*req.method(), Method::GET | Method::HEAD);
    if reads || text(req, headers::REQUEST) == Some(CONSOLE) {
        return Ok(());
    }
    Err(Problem::new(&error::AUTH_FORGERY_SUSPECTED).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn request(method: Method, given: &[(&'static str, &'static str)]) -> HttpRequest {
        let mut request = TestRequest::default().method(method).insert_header(("Host", "meguri.example:8080"));
        for pair in given {
            request = request.insert_header(*pair);
        }
        request.to_http_request()
    }

    #[test]
    fn what_another_site_can_send_is_not_meant() {
        let own = ("Origin", "https://meguri.example:8080");
        let ours = ("Meguri-Request", "console");
        let (get, post) = (Method::GET, Method::POST);
        for (method, given, fine) in [
            (&get, vec![], true),
            (&get, vec![("Sec-Fetch-Site", "none")], true),
            (&get, vec![("Sec-Fetch-Site", "cross-site")], false),
            (&post, vec![], false),
            (&post, vec![own], false),
            (&post, vec![ours], true),
            (&post, vec![ours, own, ("Sec-Fetch-Site", "same-origin")], true),
            (&post, vec![ours, ("Sec-Fetch-Site", "cross-site")], false),
            (&post, vec![ours, ("Sec-Fetch-Site", "same-site")], false),
            (&post, vec![ours, ("Origin", "null")], false),
            (&post, vec![ours, ("Origin", "https://meguri.example")], false),
            (&post, vec![ours, ("Origin", "https://meguri.example:8080.evil.example")], false),
            (&post, vec![ours, ("Origin", "https://evil.example/https://meguri.example:8080")], false),
            (&post, vec![("Meguri-Request", "other")], false),
            (&Method::DELETE, vec![], false),
            (&Method::OPTIONS, vec![], false),
        ] {
            assert_eq!(meant(&request(method.clone(), &given)).is_ok(), fine, "{method} {given:?}");
        }
    }

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let req =
            request(Method::GET, &[("Cookie", "x__Host-meguri=a; __Host-meguri-session=b; __Host-meguri=c.d-_=")]);
        assert_eq!(value(&req, ACCESS).as_deref(), Some("c.d-_="));
        assert_eq!(value(&req, SESSION).as_deref(), Some("b"));
        assert_eq!(value(&request(Method::GET, &[("Cookie", "__Host-meguri=")]), ACCESS), None);
    }
}
