//! A published plan computed again from itself: whatever its layout, and every change found.
use super::{super::*, inputs, rule};
use serde_json::json;

fn published() -> (String, publish::Published) {
    let rule = rule(&json!([
        {"name": "base", "supply": {"permille": 800}, "weight": "population_total",
         "floors": [{"name": "one", "units": "1"}],
         "caps": [{"name": "wish", "units": "ceil(wish_vials, vials_per_unit)"}, {"name": "freezer", "units": "freezer_units"}]},
        {"name": "adjustment", "supply": "rest", "weight": "wish_vials"}
    ]));
    let names = ["population_total", "wish_vials", "freezer_units", "unused"];
    let places: [(&str, &[i64]); 3] =
        [("131016", &[60_000, 4_000, 30, 7]), ("131024", &[140_000, 9_000, 31, 8]), ("131032", &[500, 0, 5, 9])];
    let inputs = inputs(100, &names, &places);
    let computed = compute(&rule, &inputs).unwrap();
    let published = publish::document(&rule, &inputs, &computed, None).unwrap();
    (published.text.clone(), published)
}

fn paths(text: &str) -> Vec<String> {
    let replay = publish::replay(text.as_bytes()).unwrap();
    assert_eq!(replay.equal, replay.differences.is_empty());
    assert_eq!(replay.difference_count, replay.differences.len());
    replay.differences.into_iter().map(|difference| difference.path).collect()
}

#[test]
fn layout_and_order_of_keys_do_not_matter() {
    let (text, published) = published();
    assert!(paths(&text).is_empty());
    let value: Value = serde_json::from_str(&text).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    assert!(paths(&pretty).is_empty());
    // the same keys in the opposite order
    let turned = format!(
        "{{ {} }}",
        value
            .as_object()
            .unwrap()
            .iter()
            .rev()
            .map(|(key, part)| format!("\"{key}\" :\n{part}"))
            .collect::<Vec<_>>()
            .join(",")
    );
    assert_ne!(turned, text);
    let replay = publish::replay(turned.as_bytes()).unwrap();
    assert!(replay.equal);
    assert_eq!((replay.digest.given, replay.digest.computed), (published.digest.clone(), published.digest.clone()));
    assert_eq!(replay.result_digest.computed, published.result_digest);
    assert_eq!((replay.lines, replay.lines_equal), (3, 3));
    let parts = publish::read(text.as_bytes()).unwrap();
    assert_eq!(parts.subject, None);
    assert_eq!(parts.inputs.to_value().unwrap(), value["inputs"]);
}

/// The digest is that of a canonical text anyone can write.
#[test]
fn the_digest_is_that_of_the_canonical_text() {
    use sha2::{Digest as _, Sha256};
    let (text, published) = published();
    let value: Value = serde_json::from_str(&text).unwrap();
    let hashed = json!({"engine": value["engine"], "inputs": value["inputs"], "rule": value["rule"]});
    // serde_json sorts keys unless a build asks otherwise; text and numbers are written alike
    assert_eq!(hex::encode(Sha256::digest(json::canonical(&hashed).unwrap())), published.digest);
    assert_eq!(json::canonical(&value).unwrap(), text);
    assert_eq!(value["format"], "allocation-plan/1");
    assert_eq!(value["engine"], "meguri-engine/1");
    let population = &value["inputs"]["indicators"][1];
    assert_eq!(population["name"], "population_total");
    assert_eq!((&population["with_figures"], &population["of_places"]), (&json!(3), &json!(3)));
    assert_eq!((&population["oldest"], &population["newest"]), (&json!("2021-07-01"), &json!("2021-07-01")));
}

#[test]
fn every_change_is_found_and_named() {
    let (text, _) = published();
    let changed = |pointer: &str, new: Value| {
        let mut value: Value = serde_json::from_str(&text).unwrap();
        let place = value.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}"));
        assert_ne!(*place, new);
        *place = new;
        paths(&value.to_string())
    };
    // a line and its sentence
    assert_eq!(changed("/result/places/1/units", json!(99)), ["result.places[131024].units"]);
    assert_eq!(
        changed("/result/places/0/components/0/proof/cap", json!(99)),
        ["result.places[131016].components[base].proof.cap"]
    );
    assert_eq!(changed("/sentences/places/2/ja", json!("別の説明")), ["sentences.places[131032].ja"]);
    assert_eq!(
        changed("/sentences/places/2/components/0/en", json!("Otherwise")),
        ["sentences.places[131032].components[base].en"]
    );
    assert_eq!(changed("/result/left", json!(1)), ["result.left"]);
    // a digest
    assert_eq!(changed("/digest", json!("00")), ["digest"]);
    assert_eq!(changed("/result_digest", json!("00")), ["result_digest"]);
    // a figure, even one that the rule does not use
    assert_eq!(changed("/inputs/places/1/values/unused/value", json!(1)), ["digest"]);
    assert_eq!(changed("/inputs/places/1/name", json!("別市"))[0], "digest");
    let found = changed("/inputs/places/1/values/population_total/value", json!(139_000));
    assert!(found[0] == "digest" && found.iter().any(|path| path.starts_with("result.places[131024]")), "{found:?}");
    // what the figures tell
    assert_eq!(
        changed("/inputs/indicators/1/with_figures", json!(2)),
        ["digest", "inputs.indicators[population_total].with_figures"]
    );
    // the rule
    let found = changed("/rule/components/0/supply/permille", json!(790));
    assert!(found.contains(&"digest".to_owned()) && found.iter().any(|path| path.starts_with("result")), "{found:?}");
    assert_eq!(changed("/rule/title/ja", json!("別の規則")), ["digest"]);
    // a line taken out, or put in twice
    let mut value: Value = serde_json::from_str(&text).unwrap();
    value["result"]["places"].as_array_mut().unwrap().pop();
    assert_eq!(paths(&value.to_string()), ["result.places[131032]"]);
    let replay = publish::replay(value.to_string().as_bytes()).unwrap();
    assert_eq!((replay.lines, replay.lines_equal), (3, 2));
}

#[test]
fn what_is_no_document_is_refused() {
    let (text, _) = published();
    let refused = |text: &str| super::refused(&publish::replay(text.as_bytes()).unwrap_err());
    let with = |pointer: &str, new: Value| {
        let mut value: Value = serde_json::from_str(&text).unwrap();
        *value.pointer_mut(pointer).unwrap() = new;
        refused(&value.to_string())
    };
    assert_eq!(refused("{"), [(String::new(), "request.malformed")]);
    let twice = text.replacen("\"supply_units\":100", "\"supply_units\":90,\"supply_units\":100", 1);
    assert_ne!(twice, text);
    assert_eq!(refused(&twice), [(String::new(), "request.malformed")]);
    assert_eq!(with("/format", json!("allocation-plan/2")), [("format".to_owned(), "request.invalid_field")]);
    assert_eq!(with("/engine", json!("meguri-engine/9")), [(String::new(), "allocation.document_engine")]);
    let path = "rule.components[0].weight".to_owned();
    assert_eq!(with("/rule/components/0/weight", json!(5)), [(path, "request.invalid_field")]);
    let path = "inputs.places[0].values.population_total.value".to_owned();
    assert_eq!(with("/inputs/places/0/values/population_total/value", json!(1.5)), [(path, "request.invalid_field")]);
    let path = "places[131016].population_total".to_owned();
    assert_eq!(with("/inputs/places/0/values/population_total/value", json!(-1)), [(path, "allocation.negative")]);
    let unknown = text.replacen("\"population_total\":{", "\"population_tota\":{", 1);
    let path = "inputs.places[131016].population_tota".to_owned();
    assert_eq!(refused(&unknown), [(path, "request.invalid_field")]);
    let surplus = text.replacen("\"as_of\":\"2021-07-05\"", "\"as_of\":\"2021-07-05\",\"note\":1", 1);
    assert_eq!(refused(&surplus), [("inputs.note".to_owned(), "request.invalid_field")]);
}

/// A better wording makes no published document false; another engine is refused by its name, whatever
/// fields its documents have.
#[test]
fn another_wording_and_another_engine_are_told_apart() {
    let (text, published) = published();
    let value: Value = serde_json::from_str(&text).unwrap();
    let mut other = value.clone();
    other["sentences"]["words"] = json!("meguri-words/0");
    other["sentences"]["places"][0]["ja"] = json!("前の言い方");
    let replay = publish::replay(other.to_string().as_bytes()).unwrap();
    assert!(replay.equal, "{:?}", replay.differences);
    assert_eq!((replay.words.given.as_str(), replay.words.computed.as_str()), ("meguri-words/0", "meguri-words/1"));
    assert_eq!((replay.result_digest.given, replay.digest.given), (published.result_digest, published.digest));
    assert!(value["result"]["places"][0].get("ja").is_none(), "sentences are no result");
    assert!(value["sentences"]["places"][0]["components"][0]["ja"].as_str().unwrap().contains("131016市"));

    other["engine"] = json!("meguri-engine/7");
    other["result"] = json!({"lines": []});
    let problem = publish::replay(other.to_string().as_bytes()).unwrap_err();
    assert_eq!(problem.code.code, "allocation.document_engine");
    assert!(problem.en().contains("meguri-engine/7") && problem.ja().contains("meguri-engine/1"), "{}", problem.en());
}

#[test]
fn bytes_are_compared_too() {
    let (text, _) = published();
    let replay = |bytes: &[u8]| publish::replay(bytes).unwrap();
    assert!(replay(text.as_bytes()).bytes_equal);
    let spaced = replay(text.replacen(':', ": ", 1).as_bytes());
    assert!(spaced.equal && !spaced.bytes_equal);
}

#[test]
fn a_document_says_whose_plan_it_is_and_the_digest_covers_it() {
    let (text, nobody) = published();
    let parts = publish::read(text.as_bytes()).unwrap();
    let subject = publish::Subject {
        programme: "covid19".to_owned(),
        product: "comirnaty".to_owned(),
        stream: "general".to_owned(),
        round: 9,
        holder: "130001".to_owned(),
        plan: "5b1f".to_owned(),
    };
    let computed = compute(&parts.rule, &parts.inputs).unwrap();
    let own = publish::document(&parts.rule, &parts.inputs, &computed, Some(&subject)).unwrap();
    assert_ne!(own.digest, nobody.digest);
    assert_eq!(own.result_digest, nobody.result_digest);
    assert_eq!(publish::read(own.text.as_bytes()).unwrap().subject, Some(subject));
    assert!(publish::replay(own.text.as_bytes()).unwrap().bytes_equal);
    let of_another = own.text.replacen("\"130001\"", "\"270008\"", 1);
    assert_eq!(paths(&of_another), ["digest"]);
    let of_nobody = own.text.replacen(",\"subject\":{", ",\"subjekt\":{", 1);
    let refused = super::refused(&publish::replay(of_nobody.as_bytes()).unwrap_err());
    assert_eq!(refused, [("subjekt".to_owned(), "request.invalid_field")]);
}
