//! A plan's words about retention, turned into the policy that decides.

use rempart_model::RetentionSpec;

use crate::{Keep, ParseWithinError, RetentionPolicy, Within};

/// The policy that a plan's words describe; None where they hold no rule, which means that everything is kept.
pub fn retention_of(spec: &RetentionSpec) -> Result<Option<RetentionPolicy>, ParseWithinError> {
    let keep = |count: u32| if count == 0 { Keep::None } else { Keep::Count(count) };
    let policy = RetentionPolicy {
        last: keep(spec.last),
        hourly: keep(spec.hourly),
        daily: keep(spec.daily),
        weekly: keep(spec.weekly),
        monthly: keep(spec.monthly),
        quarterly: keep(spec.quarterly),
        yearly: keep(spec.yearly),
        within: spec.within.as_deref().map(str::parse::<Within>).transpose()?,
        within_each: Vec::new(),
        tags: Vec::new(),
    };
    Ok(Some(policy).filter(|policy| !policy.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_rules_and_no_rule_keeps_everything() {
        let spec = RetentionSpec { daily: 7, within: Some("14d".into()), ..RetentionSpec::default() };
        let policy = retention_of(&spec).unwrap().expect("two rules");
        assert_eq!((policy.daily, policy.last), (Keep::Count(7), Keep::None));
        assert_eq!(policy.within, Some("14d".parse().unwrap()));
        assert_eq!(retention_of(&RetentionSpec::default()), Ok(None));
        let wrong = RetentionSpec { within: Some("2 weeks".into()), ..RetentionSpec::default() };
        assert!(retention_of(&wrong).is_err(), "\"2 weeks\" was taken for a span");
    }
}
