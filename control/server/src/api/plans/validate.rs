//! What a plan may say. The first thing that does not fit is told, with its field.

use std::collections::BTreeSet;

use rempart_catalog::{Catalog, CatalogError, CatalogErrorKind, NewPlan, RepositoryRow};
use rempart_model::{PlanSpec, RepoId, RetentionSpec, ScheduleSpec, ServerId, Sources};
use rempart_policy::{CronField, Schedule, ScheduleError, retention_of};
use rempart_work::browse::{path_bytes, readable_path};
use rempart_work::task::backup::pattern_fault;

use crate::api::types::PlanWrite;
use crate::http::errors::{ApiError, ApiResult, codes};

const NAME_CHARACTERS: usize = 100;
const FOLDERS_MAX: usize = 1000;
const EXCLUDES_MAX: usize = 1000;
const TAGS_MAX: usize = 50;
const RETRIES_MAX: u32 = 10;

/// The plan as the catalog takes it, or what is wrong with it.
pub async fn checked(catalog: &Catalog, plan: PlanWrite) -> ApiResult<NewPlan> {
    let name = name(&plan.name)?;
    let spec = spec(plan)?;
    Ok(NewPlan {
        name,
        server_id: spec.1,
        repository_id: repository(catalog, spec.1, spec.2).await?.id,
        spec: spec.0,
        enabled: spec.3,
    })
}

fn name(name: &str) -> ApiResult<String> {
    let name = name.trim();
    let refuse = |code| ApiError::new(code).with("name", "name").with("limit", NAME_CHARACTERS).field("name");
    if name.is_empty() {
        return Err(refuse(&codes::EMPTY_FIELD));
    }
    if name.chars().count() > NAME_CHARACTERS {
        return Err(refuse(&codes::LONG_FIELD));
    }
    if name.chars().any(char::is_control) {
        return Err(refuse(&codes::CONTROL_CHARACTERS));
    }
    Ok(name.to_owned())
}

type Parts = (PlanSpec, ServerId, RepoId, bool);

fn spec(plan: PlanWrite) -> ApiResult<Parts> {
    let sources = sources(plan.sources)?;
    let schedule = plan.schedule.map(|words| checked_schedule(words, "schedule")).transpose()?;
    let retention = plan.retention.map(retention).transpose()?;
    tags(&plan.tags)?;
    if !(-10..=10).contains(&plan.priority) {
        return Err(ApiError::new(&codes::PLAN_BAD_PRIORITY).with("priority", plan.priority).field("priority"));
    }
    if plan.max_retries > RETRIES_MAX {
        return Err(ApiError::new(&codes::PLAN_TOO_MANY_RETRIES).with("retries", plan.max_retries).field("maxRetries"));
    }
    let spec = PlanSpec {
        sources,
        schedule,
        retention,
        compression: plan.compression,
        tags: plan.tags,
        priority: plan.priority,
        max_retries: plan.max_retries,
        verify_after_run: plan.verify_after_run,
    };
    Ok((spec, ServerId::new(plan.server_id), RepoId::new(plan.repository_id), plan.enabled))
}

fn sources(sources: Sources) -> ApiResult<Sources> {
    if sources.folders.is_empty() {
        return Err(ApiError::new(&codes::PLAN_NO_SOURCES).field("sources.folders"));
    }
    let too_many = |limit: usize, field: &str| ApiError::new(&codes::PLAN_TOO_MANY).with("limit", limit).field(field);
    if sources.folders.len() > FOLDERS_MAX {
        return Err(too_many(FOLDERS_MAX, "sources.folders"));
    }
    if sources.excludes.len() > EXCLUDES_MAX {
        return Err(too_many(EXCLUDES_MAX, "sources.excludes"));
    }
    let mut folders = Vec::with_capacity(sources.folders.len());
    let mut seen = BTreeSet::new();
    for (position, path) in sources.folders.iter().enumerate() {
        let refuse = |code| ApiError::new(code).with("path", path).field(format!("sources.folders[{position}]"));
        if !path.starts_with('/') {
            return Err(refuse(&codes::PLAN_RELATIVE_PATH));
        }
        let bytes = path_bytes(path);
        if bytes.contains(&0) || bytes.split(|byte| *byte == b'/').any(|part| part == b"..") {
            return Err(refuse(&codes::PLAN_BAD_PATH));
        }
        let clean = clean(&bytes);
        if !seen.insert(clean.clone()) {
            return Err(refuse(&codes::PLAN_TWICE_THE_SAME_PATH));
        }
        folders.push(clean);
    }
    for (position, pattern) in sources.excludes.iter().enumerate() {
        let field = || format!("sources.excludes[{position}]");
        if pattern.trim().is_empty() {
            return Err(ApiError::new(&codes::PLAN_EMPTY_PATTERN).field(field()));
        }
        // A name may hold a line end, but a list of patterns is shown and typed line by line.
        let fault = if pattern.contains(['\0', '\n']) { Some("it has a line end") } else { pattern_fault(pattern) };
        if let Some(fault) = fault {
            let refused = ApiError::new(&codes::PLAN_BAD_PATTERN).with("pattern", pattern).with("detail", fault);
            return Err(refused.field(field()));
        }
    }
    Ok(Sources { folders, ..sources })
}

/// `/home//ann/.` is `/home/ann`; written as the explorer writes it.
fn clean(path: &[u8]) -> String {
    let parts = path.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".");
    let joined = parts.collect::<Vec<_>>().join(&b'/');
    readable_path(&[b"/".as_slice(), &joined].concat())
}

fn tags(tags: &[String]) -> ApiResult<()> {
    if tags.len() > TAGS_MAX {
        return Err(ApiError::new(&codes::PLAN_TOO_MANY).with("limit", TAGS_MAX).field("tags"));
    }
    for (position, tag) in tags.iter().enumerate() {
        // A comma separates tags on restic's command line.
        if tag.trim().is_empty() || tag.contains(',') || tag.chars().any(char::is_control) || tag.chars().count() > 100
        {
            return Err(ApiError::new(&codes::PLAN_BAD_TAG).with("tag", tag).field(format!("tags[{position}]")));
        }
    }
    Ok(())
}

fn retention(mut spec: RetentionSpec) -> ApiResult<RetentionSpec> {
    spec.within = spec.within.map(|span| span.trim().to_owned()).filter(|span| !span.is_empty());
    let refuse = |code| {
        let span = spec.within.clone().unwrap_or_default();
        ApiError::new(code).with("span", span)
    };
    match retention_of(&spec) {
        Ok(Some(_)) => Ok(spec),
        Ok(None) => Err(refuse(&codes::PLAN_KEEPS_NOTHING).field("retention")),
        Err(_) => Err(refuse(&codes::PLAN_BAD_SPAN).field("retention.within")),
    }
}

/// A schedule that can be read and fires; `at` is where it stands in the request.
pub fn checked_schedule(words: ScheduleSpec, at: &str) -> ApiResult<ScheduleSpec> {
    let spec = ScheduleSpec {
        cron: words.cron.trim().to_owned(),
        time_zone: words.time_zone.trim().to_owned(),
        missed: words.missed,
    };
    Schedule::parse(&spec).map_err(|error| schedule_refusal(&error, at))?;
    Ok(spec)
}

/// `at` is the field of the schedule; empty where the request is one itself.
pub fn schedule_refusal(error: &ScheduleError, at: &str) -> ApiError {
    let dot = if at.is_empty() { "" } else { "." };
    let field = format!("{at}{dot}{}", error.member());
    let refusal = match error {
        ScheduleError::Fields { cron, fields } => {
            ApiError::new(&codes::SCHEDULE_BAD_CRON).with("cron", cron).with("fields", fields)
        }
        ScheduleError::Field { field, text } => ApiError::new(match field {
            CronField::Second => &codes::SCHEDULE_BAD_SECOND,
            CronField::Minute => &codes::SCHEDULE_BAD_MINUTE,
            CronField::Hour => &codes::SCHEDULE_BAD_HOUR,
            CronField::DayOfMonth => &codes::SCHEDULE_BAD_DAY,
            CronField::Month => &codes::SCHEDULE_BAD_MONTH,
            CronField::DayOfWeek => &codes::SCHEDULE_BAD_WEEKDAY,
        })
        .with("text", text),
        ScheduleError::NeverFires { cron } => ApiError::new(&codes::SCHEDULE_NEVER_FIRES).with("cron", cron),
        ScheduleError::TimeZone { name } => ApiError::new(&codes::SCHEDULE_UNKNOWN_ZONE).with("zone", name),
    };
    refusal.field(field)
}

/// The repository, where it exists and takes the snapshots of this server.
async fn repository(catalog: &Catalog, server: ServerId, id: RepoId) -> ApiResult<RepositoryRow> {
    let missing = |code, field: &'static str| {
        move |error: CatalogError| match error.kind() {
            CatalogErrorKind::NotFound => ApiError::new(code).field(field),
            _ => error.into(),
        }
    };
    catalog.server(server).await.map_err(missing(&codes::PLAN_UNKNOWN_SERVER, "serverId"))?;
    let found = catalog.repository(id).await.map_err(missing(&codes::PLAN_UNKNOWN_REPOSITORY, "repositoryId"))?;
    if found.server_id.is_some_and(|owner| owner != server) {
        return Err(ApiError::new(&codes::PLAN_REPOSITORY_OF_ANOTHER)
            .with("repository", &found.path)
            .field("repositoryId"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::types;

    fn plan() -> PlanWrite {
        PlanWrite {
            name: "Home".into(),
            server_id: 1,
            repository_id: 1,
            enabled: true,
            sources: Sources {
                folders: vec!["/home".into()],
                excludes: vec!["*.tmp".into()],
                exclude_caches: true,
                one_file_system: false,
                exclude_larger_than_bytes: None,
            },
            schedule: Some(ScheduleSpec {
                cron: "0 2 * * *".into(),
                time_zone: "Europe/Paris".into(),
                missed: types::Missed::CatchUp,
            }),
            retention: Some(RetentionSpec { daily: 7, ..RetentionSpec::default() }),
            compression: types::Compression::Auto,
            tags: vec!["home".into()],
            priority: 0,
            max_retries: 3,
            verify_after_run: true,
        }
    }

    #[test]
    fn a_plan_that_fits_is_taken_with_its_paths_cleaned() {
        let mut words = plan();
        words.sources.folders = vec!["/home//ann/./".into(), "/".into(), "/caf%E9/50%/%41".into()];
        words.sources.excludes = vec!["*.tmp".into(), "!keep.tmp".into(), "/srv/**/[a-z]?.log".into(), r"a\[b".into()];
        let (spec, ..) = spec(words).unwrap();
        assert_eq!(spec.sources.folders, ["/home/ann", "/", "/caf%E9/50%/A"]);
        assert_eq!(spec.schedule.unwrap().time_zone, "Europe/Paris");
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_field() {
        type Change = fn(&mut PlanWrite);
        let cases: [(Change, &str, &str); 23] = [
            (|p| p.sources.folders.clear(), "plan.no_sources", "sources.folders"),
            (|p| p.sources.folders.push("etc".into()), "plan.relative_path", "sources.folders[1]"),
            (|p| p.sources.folders.push(String::new()), "plan.relative_path", "sources.folders[1]"),
            (|p| p.sources.folders.push("/a/../etc".into()), "plan.bad_path", "sources.folders[1]"),
            (|p| p.sources.folders.push("/home/".into()), "plan.same_path_twice", "sources.folders[1]"),
            (|p| p.sources.folders.push("/a/%2E%2e/etc".into()), "plan.bad_path", "sources.folders[1]"),
            (|p| p.sources.folders.push("/a/%00".into()), "plan.bad_path", "sources.folders[1]"),
            (|p| p.sources.excludes.push(" ".into()), "plan.empty_pattern", "sources.excludes[1]"),
            (|p| p.sources.excludes.push("a\nb".into()), "plan.bad_pattern", "sources.excludes[1]"),
            (|p| p.sources.excludes.push("[a-".into()), "plan.bad_pattern", "sources.excludes[1]"),
            (|p| p.sources.excludes.insert(0, "x/\\".into()), "plan.bad_pattern", "sources.excludes[0]"),
            (|p| p.schedule.as_mut().unwrap().cron = "hello".into(), "schedule.bad_cron", "schedule.cron"),
            (|p| p.schedule.as_mut().unwrap().cron = "61 2 * * *".into(), "schedule.bad_minute", "schedule.cron"),
            (|p| p.schedule.as_mut().unwrap().cron = "0 25 * * *".into(), "schedule.bad_hour", "schedule.cron"),
            (|p| p.schedule.as_mut().unwrap().cron = "0 0 31 2 *".into(), "schedule.never_fires", "schedule.cron"),
            (|p| p.schedule.as_mut().unwrap().cron = "0 0 * * funday".into(), "schedule.bad_weekday", "schedule.cron"),
            (
                |p| p.schedule.as_mut().unwrap().time_zone = "Mars/Base".into(),
                "schedule.unknown_time_zone",
                "schedule.timeZone",
            ),
            (|p| p.retention = Some(RetentionSpec::default()), "plan.keeps_nothing", "retention"),
            (|p| p.retention.as_mut().unwrap().within = Some("2 weeks".into()), "plan.bad_span", "retention.within"),
            (|p| p.tags.push("a,b".into()), "plan.bad_tag", "tags[1]"),
            (|p| p.priority = 11, "plan.bad_priority", "priority"),
            (|p| p.max_retries = 11, "plan.too_many_retries", "maxRetries"),
            (|p| p.tags = vec!["t".into(); 51], "plan.too_many", "tags"),
        ];
        for (change, code, field) in cases {
            let mut words = plan();
            change(&mut words);
            let error = spec(words).expect_err(code);
            assert_eq!(error.code().id, code);
            let body = error.body(types::Language::En);
            assert_eq!(body.field.as_deref(), Some(field), "{code}");
            assert!(!body.message.contains('{'), "{}", body.message);
        }
        for (text, code) in [
            ("", "request.empty_field"),
            ("   ", "request.empty_field"),
            ("a\nb", "request.control_characters"),
            (&*"x".repeat(101), "request.long_field"),
        ] {
            assert_eq!(name(text).expect_err(code).code().id, code);
        }
    }
}
