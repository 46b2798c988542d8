//! The rules that come with Meguri, published in a training instance.
use crate::home::Home;
use allocation::app::rules::publish_rule;
use domain::{
    Problem,
    rule::{Rule, json},
};
use platform::{OpCtx, clock::Clock, failure::Result};

/// Their documents, allocation-rule/1.
const RULES: [&str; 7] = [
    include_str!("../../../rules/covid19-base-adjustment@1.json"),
    include_str!("../../../rules/july-2021@1.json"),
    include_str!("../../../rules/july-2021-withdrawn@1.json"),
    include_str!("../../../rules/one-each-then-population@1.json"),
    include_str!("../../../rules/one-each-then-wishes@1.json"),
    include_str!("../../../rules/second-doses-first@1.json"),
    include_str!("../../../rules/target-80-percent@1.json"),
];

/// The shipped rule of this name, `july-2021@1`.
///
/// # Errors
/// None but for a shipped document that is none, which a test would have found.
pub fn rule(name: &str) -> std::result::Result<Option<Rule>, Problem> {
    for document in RULES {
        let rule = Rule::read(document)?;
        if rule.name() == name {
            return Ok(Some(rule));
        }
    }
    Ok(None)
}

/// Publishes those that are not there yet; answers their number.
///
/// # Errors
/// `allocation.rule_exists` when a version is there with another content; the database's.
pub async fn rules(home: &Home) -> Result<usize> {
    let db = home.pool("allocation_app", "allocation")?;
    let ctx = OpCtx::system("seed", &Clock::load(&db).await?);
    for document in RULES {
        publish_rule(&db, &ctx, &json::read(document.as_bytes())?).await?;
    }
    Ok(RULES.len())
}
