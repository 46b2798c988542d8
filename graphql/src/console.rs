//! The console: the committed files of `console/dist`, embedded in the program and served under a strict policy.
//!
//! A release carries the files in itself; a debug build reads them from the folder, so that a new build of the
//! console needs none of the program.
use crate::http::permille;
use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode, header},
};
use rust_embed::{Embed, EmbeddedFile};

/// The built console.
#[derive(Embed)]
#[folder = "../console/dist/"]
struct Dist;

/// The page that all addresses of the console share.
const INDEX: &str = "index.html";
/// Whatever lies under these is an API: an address that it does not have is a problem, never the page.
const API: &[&str] = &["v1", "graphql", ".well-known", "healthz", "readyz"];
/// Names that carry a hash of their content.
const HASHED: &str = "assets/";
/// Own scripts and styles only, no inline code, no frames, no plugins; requests to this origin only.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; \
    require-trusted-types-for 'script'";
const PERMISSIONS: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
/// Told to those who open an address of a program that was built without its console.
const ABSENT: &str = "このプログラムには画面が含まれていません。console/ で npm run build を実行してください。APIは使えます。\n\
    This program was built without its console: run npm run build in console/. The APIs work.\n";

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Brotli,
    Gzip,
    Plain,
}

impl Packing {
    const fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
            Self::Plain => "",
        }
    }

    /// What the caller takes, best first. Nothing said: plain.
    fn accepted(header: &str) -> Vec<Self> {
        let weight = |names: [&str; 2]| {
            let mut star = None;
            for entry in header.split(',') {
                let mut parts = entry.split(';').map(str::trim);
                let name = parts.next().unwrap_or_default().to_ascii_lowercase();
                // a weight that cannot be read is none
                let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1_000), permille).unwrap_or(0);
                if names.contains(&name.as_str()) {
                    return weight > 0;
                }
                if name == "*" {
                    star = Some(weight > 0);
                }
            }
            star.unwrap_or(false)
        };
        let (brotli, gzip) = (weight(["br", "br"]), weight(["gzip", "x-gzip"]));
        [(brotli, Self::Brotli), (gzip, Self::Gzip), (true, Self::Plain)]
            .into_iter()
            .filter_map(|(is_taken, packing)| is_taken.then_some(packing))
            .collect()
    }
}

/// What an address of the console is.
#[derive(Debug, PartialEq, Eq)]
enum Wanted<'a> {
    /// A file of this name, if there is one.
    File(&'a str),
    /// The page.
    Page,
    /// Nothing of the console's.
    Nothing,
}

/// A missing file must never be answered with the page, and a packed one has no name of its own.
fn wanted(path: &str) -> Wanted<'_> {
    let path = path.trim_start_matches('/');
    let first = path.split('/').next().unwrap_or_default();
    if API.contains(&first) {
        return Wanted::Nothing;
    }
    let last = path.rsplit('/').next().unwrap_or_default();
    if !last.contains('.') {
        return Wanted::Page;
    }
    let plain = |character: char| character.is_ascii_alphanumeric() || "._-/".contains(character);
    let is_hidden = path.split('/').any(|segment| segment.starts_with('.'));
    let is_packed = [".br", ".gz"].iter().any(|suffix| last.ends_with(suffix));
    if is_hidden || is_packed || !path.chars().all(plain) { Wanted::Nothing } else { Wanted::File(path) }
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

/// The file in the best packing that there is and that the caller takes.
fn packed(name: &str, accepted: &[Packing]) -> Option<(EmbeddedFile, Packing)> {
    // the plain file decides whether there is one
    let plain = Dist::get(name)?;
    let best = accepted.iter().find_map(|packing| match packing {
        Packing::Plain => None,
        packing => Some((Dist::get(&format!("{name}{}", packing.suffix()))?, *packing)),
    });
    Some(best.unwrap_or((plain, Packing::Plain)))
}

/// Does `If-None-Match` name this tag? Weak comparison, as RFC 9110 asks for.
fn is_known(req: &HttpRequest, tag: &str) -> bool {
    let values = req.headers().get_all(header::IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|each| each == "*" || each.trim_start_matches("W/") == tag)
}

/// Answers what no API has: a file of the console, its page, or that there is nothing.
pub async fn serve(req: HttpRequest) -> HttpResponse {
    if req.method() != Method::GET && req.method() != Method::HEAD {
        return platform::http::not_found(req).await;
    }
    let name = match wanted(req.path()) {
        Wanted::File(name) => name,
        Wanted::Page => INDEX,
        Wanted::Nothing => return platform::http::not_found(req).await,
    };
    let header = req.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some((file, packing)) = packed(name, &Packing::accepted(header)) else {
        if name == INDEX {
            return HttpResponse::NotFound().content_type("text/plain; charset=utf-8").body(ABSENT);
        }
        return platform::http::not_found(req).await;
    };
    let tag = format!("\"{}{}\"", hex::encode(file.metadata.sha256_hash()), packing.suffix());
    let status = if is_known(&req, &tag) { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let mut answer = HttpResponse::build(status);
    answer
        .insert_header((header::ETAG, tag))
        .insert_header((header::VARY, "accept-encoding"))
        .insert_header((header::CACHE_CONTROL, cache(name)))
        .insert_header(("cross-origin-resource-policy", "same-origin"));
    // scripts and styles obey the policy of the page that loads them; a picture can be opened by itself
    if !name.starts_with(HASHED) {
        answer
            .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
            .insert_header(("cross-origin-opener-policy", "same-origin"))
            .insert_header(("permissions-policy", PERMISSIONS))
            .insert_header((header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"));
    }
    if status == StatusCode::NOT_MODIFIED {
        return answer.finish();
    }
    match packing {
        Packing::Brotli => drop(answer.insert_header((header::CONTENT_ENCODING, "br"))),
        Packing::Gzip => drop(answer.insert_header((header::CONTENT_ENCODING, "gzip"))),
        Packing::Plain => {}
    }
    answer.content_type(media_type(name)).body(file.data.into_owned())
}

fn cache(name: &str) -> &'static str {
    match name {
        name if name.starts_with(HASHED) => "public, max-age=31536000, immutable",
        name if name.starts_with("geo/") => "public, max-age=86400",
        _ => "no-cache",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::{body::to_bytes, test::TestRequest};

    async fn get(path: &str, accept: &str) -> HttpResponse {
        serve(TestRequest::get().uri(path).insert_header(("accept-encoding", accept)).to_http_request()).await
    }

    fn text<'a>(answer: &'a HttpResponse, name: &str) -> &'a str {
        answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// A script that the page names.
    fn script() -> String {
        Dist::iter().find(|name| name.starts_with("assets/") && name.ends_with(".js")).unwrap().into_owned()
    }

    #[test]
    fn addresses_are_files_the_page_or_nothing() {
        for (path, expected) in [
            ("/", Wanted::Page),
            ("/overview/130001", Wanted::Page),
            ("/report", Wanted::Page),
            ("/v2", Wanted::Page),
            ("/assets/a-b_c.js", Wanted::File("assets/a-b_c.js")),
            ("/favicon.svg", Wanted::File("favicon.svg")),
            ("/v1/none", Wanted::Nothing),
            ("/v1", Wanted::Nothing),
            ("/graphql/x", Wanted::Nothing),
            ("/.well-known/security", Wanted::Nothing),
            ("/readyz/", Wanted::Nothing),
            ("/assets/a.js.br", Wanted::Nothing),
            ("/assets/a.js.gz", Wanted::Nothing),
            ("/.vite/manifest.json", Wanted::Nothing),
            ("/assets/../../Cargo.toml", Wanted::Nothing),
            ("/assets/%2e%2e/Cargo.toml", Wanted::Nothing),
            ("/a/.env.x", Wanted::Nothing),
        ] {
            assert_eq!(wanted(path), expected, "{path}");
        }
    }

    #[test]
    fn the_best_packing_that_is_taken_is_chosen() {
        use Packing::{Brotli, Gzip, Plain};
        for (header, expected) in [
            ("", vec![Plain]),
            ("gzip, deflate, br, zstd", vec![Brotli, Gzip, Plain]),
            ("gzip", vec![Gzip, Plain]),
            ("br;q=0, gzip;q=0.5", vec![Gzip, Plain]),
            ("br;q=0.000, gzip;q=0", vec![Plain]),
            ("*", vec![Brotli, Gzip, Plain]),
            ("*;q=0, br", vec![Brotli, Plain]),
            ("br;q=x", vec![Plain]),
            ("identity", vec![Plain]),
        ] {
            assert_eq!(Packing::accepted(header), expected, "{header}");
        }
    }

    #[actix_web::test]
    async fn the_page_bears_the_policy_and_is_always_asked_for_again() {
        for path in ["/", "/overview/130001", "/sign-in?lang=en"] {
            let page = get(path, "").await;
            assert_eq!(
                (page.status(), text(&page, "content-type")),
                (StatusCode::OK, "text/html; charset=utf-8"),
                "{path}"
            );
            assert_eq!(text(&page, "cache-control"), "no-cache");
            assert!(text(&page, "content-security-policy").contains("script-src 'self'"), "{path}");
            assert!(!POLICY.contains("unsafe"));
            for name in ["cross-origin-opener-policy", "cross-origin-resource-policy", "permissions-policy"] {
                assert!(!text(&page, name).is_empty(), "{name}");
            }
            let body = String::from_utf8(to_bytes(page.into_body()).await.unwrap().to_vec()).unwrap();
            // the policy would stop both
            assert!(
                body.contains("<div id=\"root\">") && !body.contains("<style") && !body.contains(" style="),
                "{body}"
            );
            assert!(!body.contains("<script>"), "inline code: {body}");
        }
    }

    #[actix_web::test]
    async fn files_come_packed_immutable_and_with_a_tag() {
        let path = format!("/{}", script());
        let brotli = get(&path, "br, gzip").await;
        assert_eq!((text(&brotli, "content-encoding"), text(&brotli, "vary")), ("br", "accept-encoding"));
        assert_eq!(text(&brotli, "cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(text(&brotli, "content-type"), "text/javascript; charset=utf-8");
        let icon = get("/favicon.svg", "").await;
        assert!(text(&icon, "content-security-policy").contains("default-src 'none'"), "it can be opened by itself");
        let (gzip, plain) = (get(&path, "gzip").await, get(&path, "br;q=0").await);
        assert_eq!((text(&gzip, "content-encoding"), text(&plain, "content-encoding")), ("gzip", ""));
        assert!(text(&brotli, "etag") != text(&gzip, "etag") && text(&gzip, "etag") != text(&plain, "etag"));
        for tag in [text(&gzip, "etag").to_owned(), format!("\"x\", W/{}", text(&gzip, "etag")), "*".to_owned()] {
            let again = TestRequest::get().uri(&path).insert_header(("accept-encoding", "gzip"));
            let again = serve(again.insert_header(("if-none-match", tag.as_str())).to_http_request()).await;
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{tag}");
            assert_eq!(text(&again, "etag"), text(&gzip, "etag"));
        }
        let other = TestRequest::get().uri(&path).insert_header(("if-none-match", "\"x\"")).to_http_request();
        assert_eq!(serve(other).await.status(), StatusCode::OK);
    }

    #[actix_web::test]
    async fn what_is_not_there_is_never_answered_with_the_page() {
        for path in
            ["/assets/none.js", "/none.css", "/v1/none", "/graphql/none", "/index.html.br", "/assets/../Cargo.toml"]
        {
            let answer = get(path, "br").await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
            assert_eq!(text(&answer, "content-type"), "application/problem+json", "{path}");
        }
        let posted = serve(TestRequest::post().uri("/overview").to_http_request()).await;
        assert_eq!(posted.status(), StatusCode::NOT_FOUND);
    }
}
