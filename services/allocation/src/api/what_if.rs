//! `/v1/what-ifs`, `/v1/what-ifs/{what_if}`.
use crate::{Allocation, app::what_if};
use actix_web::{HttpRequest, HttpResponse, http::header, web};
use domain::{Problem, error};
use platform::http;
use std::fmt::Write as _;
use uuid::Uuid;
use wire::{
    problem::ProblemBody,
    what_if::{RunWhatIf, WhatIfAnswer, WhatIfRan},
};

/// Try rules out, side by side. It is no allocation: no plan, no line and no entry of the book comes of it.
#[utoipa::path(
    post, path = "/v1/what-ifs", tag = "what-ifs", operation_id = "runWhatIf", request_body = RunWhatIf,
    security(("token" = [])),
    responses(
        (status = 200, body = WhatIfRan, description = "Done; with Idempotency-Replayed when it was done before"),
        (status = 400, body = ProblemBody, content_type = "application/problem+json", description = "request.malformed, request.invalid_utf8"),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 403, body = ProblemBody, content_type = "application/problem+json", description = "auth.forbidden"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "allocation.round_not_found, also for what you cannot see"),
        (status = 413, body = ProblemBody, content_type = "application/problem+json", description = "request.too_large"),
        (status = 415, body = ProblemBody, content_type = "application/problem+json", description = "request.unsupported_media_type"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json", description = "allocation.wrong_level, request.invalid with errors that name rule, indicator and place; idempotency.key_reused"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable: send the same id again"),
    )
)]
pub async fn run(req: HttpRequest, payload: web::Payload, allocation: web::Data<Allocation>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let body: RunWhatIf = http::read_json(&req, payload, http::BODY_BYTES_MAX).await?;
        let allocation = allocation.get_ref().clone();
        let shared = allocation.shared.clone();
        let work = async move { what_if::run_what_if(&allocation, &ctx, body).await };
        let (ran, replayed) = shared.unit_of_work(work).await?;
        http::written(&ran, &ran.position, replayed)
    })
    .await
}

/// A what-if that was run before; with `Accept: text/csv` as a table that spreadsheets open.
#[utoipa::path(
    get, path = "/v1/what-ifs/{what_if}", tag = "what-ifs", operation_id = "readWhatIf",
    security(("token" = [])),
    params(("what_if" = uuid::Uuid, Path, description = "The what-if")),
    responses(
        (status = 200, description = "The what-if", content((WhatIfAnswer = "application/json"), (String = "text/csv"))),
        (status = 401, body = ProblemBody, content_type = "application/problem+json", description = "auth.missing_token, auth.invalid_token"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json", description = "allocation.what_if_not_found, also for what you cannot see"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json", description = "request.rate_limited"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json", description = "service.unavailable"),
    )
)]
pub async fn read(req: HttpRequest, allocation: web::Data<Allocation>) -> HttpResponse {
    http::answer(&req, async {
        let ctx = http::signed_in(&req).await?;
        let text = req.match_info().get("what_if").unwrap_or_default();
        let missing = || Problem::new(&error::ALLOCATION_WHAT_IF_NOT_FOUND).with("what_if", text);
        let id: Uuid = text.parse().map_err(|_| missing())?;
        let allocation = allocation.get_ref().clone();
        let shared = allocation.shared.clone();
        let answer = shared.unit_of_work(async move { what_if::what_if(&allocation, &ctx, id).await }).await?;
        if !wants_csv(&req) {
            return http::json(HttpResponse::Ok(), &answer);
        }
        let name = format!("attachment; filename=\"what-if-{id}.csv\"");
        let mut response = HttpResponse::Ok();
        response.content_type("text/csv; charset=utf-8").insert_header((header::CONTENT_DISPOSITION, name));
        Ok(response.body(csv(&answer)))
    })
    .await
}

fn wants_csv(req: &HttpRequest) -> bool {
    let accepted = req.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').filter_map(|kind| kind.split(';').next()).any(|kind| kind.trim() == "text/csv")
}

/// The table: a byte order mark, by which spreadsheets know UTF-8; the watermark; then a heading and a row for
/// each place.
fn csv(answer: &WhatIfAnswer) -> String {
    let mut text = String::from("\u{feff}");
    let _ = write!(text, "{}\r\n", cell(&format!("{} / {}", answer.watermark.ja, answer.watermark.en)));
    let names: Vec<String> =
        answer.runs.iter().map(|run| format!("{}@{} {}", run.code, run.version, run.title.ja)).collect();
    let mut heading = vec!["団体コード code".to_owned(), "団体名 name".to_owned()];
    heading.extend(names.iter().map(|name| format!("{name}（箱 packs）")));
    heading.extend(names.iter().skip(1).map(|name| format!("{name}: 1つ目との差 difference to the first")));
    if answer.plan.is_some() {
        heading.push("現在の計画 plan in force".to_owned());
        heading.extend(names.iter().map(|name| format!("{name}: 現在の計画との差 difference to the plan")));
    }
    row(&mut text, heading.iter().map(|words| cell(words)));
    for place in &answer.places {
        let amounts = place.units.iter().chain(place.difference.iter().skip(1)).chain(&place.in_force);
        let amounts = amounts.chain(&place.difference_in_force).map(i64::to_string);
        row(&mut text, [cell(&place.place), cell(&place.name)].into_iter().chain(amounts));
    }
    text
}

fn row(text: &mut String, cells: impl Iterator<Item = String>) {
    text.push_str(&cells.collect::<Vec<_>>().join(","));
    text.push_str("\r\n");
}

/// Words in quotes; none begins as a formula does.
fn cell(words: &str) -> String {
    let formula = words.starts_with(['=', '+', '-', '@', '\t', '\r']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, words.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{TerritoryCode, time::parse_instant};
    use serde_json::Value;
    use wire::{
        text::Bilingual,
        what_if::{WhatIfPlace, WhatIfRunInfo, watermark},
    };

    fn run(title: &str) -> WhatIfRunInfo {
        WhatIfRunInfo {
            code: "one".into(),
            version: 1,
            title: Bilingual { ja: title.into(), en: String::new() },
            digest: String::new(),
            given_units: 3,
            reserve_units: 0,
            fairness: Value::Null,
        }
    }

    #[test]
    fn the_table_opens_and_says_what_it_is() {
        let place = WhatIfPlace {
            place: "131016".into(),
            name: "千代田区".into(),
            units: vec![3, 1],
            difference: vec![0, -2],
            in_force: Some(2),
            difference_in_force: vec![1, -1],
        };
        let answer = WhatIfAnswer {
            watermark: watermark(),
            what_if: Uuid::nil(),
            round: None,
            past_round: None,
            figures: Vec::new(),
            holder: TerritoryCode::NATION,
            supply_units: 3,
            unit_vials: 195,
            doses_per_vial: 6,
            plan: Some(Uuid::nil()),
            runs: vec![run("標準"), run("\"別\"の案")],
            places: vec![place],
            by: "ministry".into(),
            at: parse_instant("2021-04-05T13:00:00+09:00").unwrap(),
        };
        let text = csv(&answer);
        let lines: Vec<&str> = text.strip_prefix('\u{feff}').unwrap().split_terminator("\r\n").collect();
        assert_eq!(lines[0], "\"試算（割当ではありません） / What-if: not an allocation\"");
        assert!(lines[1].contains("one@1 \"\"別\"\"の案"), "{}", lines[1]);
        assert_eq!(lines[2], "\"131016\",\"千代田区\",3,1,-2,2,1,-1");
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[1].split("\",\"").count(), lines[2].split(',').count());
    }

    #[test]
    fn nothing_of_the_table_is_a_formula() {
        for words in ["=1+1", "+1", "-1", "@cmd"] {
            assert_eq!(cell(words), format!("\"'{words}\""));
        }
    }
}
