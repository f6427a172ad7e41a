//! Places as users write them.

use proptest::prelude::*;
use rempart_storage::{ErrorKind, Location, LocationError, OpenOptions, open};

#[test]
fn places_are_read_as_restic_reads_them() {
    for (written, shown) in [
        ("/srv/repo", "/srv/repo"),
        ("repo", "repo"),
        ("./b2:odd", "./b2:odd"),
        ("my repo: backups", "my repo: backups"),
        ("local:/srv/repo", "/srv/repo"),
        ("local:s3:odd", "s3:odd"),
        ("s3:https://host:9000/bucket/some/prefix", "s3:https://host:9000/bucket/some/prefix"),
        ("s3:http://127.0.0.1:9000/bucket", "s3:http://127.0.0.1:9000/bucket"),
        ("s3:s3.amazonaws.com/bucket//prefix/", "s3:https://s3.amazonaws.com/bucket/prefix"),
        ("s3://s3.amazonaws.com/bucket", "s3:https://s3.amazonaws.com/bucket"),
        ("s3:https://[::1]:9000/bucket", "s3:https://[::1]:9000/bucket"),
        ("gs:bucket:/", "gs:bucket:/"),
        ("gs:bucket:/some/prefix", "gs:bucket:/some/prefix"),
        ("azure:container:/prefix", "azure:container:/prefix"),
        ("sftp:user@host:/srv/repo", "sftp:user@host:/srv/repo"),
        ("sftp:host:repo/", "sftp:host:repo"),
        ("sftp:host:/a@b", "sftp:host:/a@b"),
        ("sftp:name@domain@host:/a@b", "sftp:name@domain@host:/a@b"),
        ("sftp://name@domain@host//a", "sftp:name@domain@host:/a"),
        ("sftp:name@domain@[::1]:/a", "sftp://name@domain@[::1]:22//a"),
        ("sftp://user@host//srv/repo", "sftp:user@host:/srv/repo"),
        ("sftp://user@host:2222//srv/repo", "sftp://user@host:2222//srv/repo"),
        ("sftp://user@host:2222/repo", "sftp://user@host:2222/repo"),
        ("sftp://user@[fe80::1]:2222//srv", "sftp://user@[fe80::1]:2222//srv"),
        ("rest:https://host/", "rest:https://host/"),
        ("rest:https://host:8000/path", "rest:https://host:8000/path/"),
        ("rest:https://user:p%40ss@host:8000/path/", "rest:https://user@host:8000/path/"),
        ("rest:https://user:p@ss@host/", "rest:https://user@host/"),
        ("rest:https://a%2fb%3ac%25d@host/", "rest:https://a%2Fb%3Ac%25d@host/"),
    ] {
        let location: Location = written.parse().unwrap_or_else(|error| panic!("{written}: {error}"));
        assert_eq!(location.to_string(), shown, "{written}");
        // What is shown names the same place, save for the password and for odd names of folders.
        if !written.starts_with("local:") {
            let again: Location = shown.parse().unwrap_or_else(|error| panic!("{shown}: {error}"));
            assert_eq!(again.to_string(), shown, "{written}, read again");
        }
    }
}

#[test]
fn what_names_no_place_is_refused_with_the_form_to_use() {
    for (written, says) in [
        ("", "empty"),
        ("local:", "empty"),
        ("b2:bucket:/", "`b2:`"),
        ("C:repo", "`C:`"),
        ("s3:", "s3:https://"),
        ("s3:https://", "a host"),
        ("s3:https://host", "a bucket"),
        ("s3:https://host/", "a bucket"),
        ("s3:ftp://host/bucket", "http and https"),
        ("s3:https://key:secret@host/bucket", "AWS_ACCESS_KEY_ID"),
        ("s3:https://host:0/bucket", "the port"),
        ("s3:https://host:99999/bucket", "the port"),
        ("s3:https://host/bucket/../other", "`..`"),
        ("gs:", "a bucket"),
        ("gs:bucket/prefix", "colon"),
        ("azure::/x", "a container"),
        ("sftp:host", "a path"),
        ("sftp:user@host:", "a path"),
        ("sftp://host", "a path"),
        ("sftp:@:/x", "a host"),
        ("sftp://user:pw@host/x", "password"),
        ("sftp:a/b@host:/x", "a login name"),
        ("sftp://host:port/x", "the port"),
        ("sftp://[::1/x", "bracket"),
        ("sftp://[::1]22/x", "bracket"),
        ("rest:host/path", "http"),
        ("rest:https:///path", "a host"),
        ("rest:https://host/a?b", "`?`"),
    ] {
        let error = match written.parse::<Location>() {
            Ok(location) => panic!("{written} was taken for {location}"),
            Err(error) => error.to_string(),
        };
        assert!(error.contains(says), "{written}: {error:?} does not say {says:?}");
    }
    assert_eq!("".parse::<Location>(), Err(LocationError::Empty));
}

#[test]
fn a_folder_need_not_be_utf8() {
    use std::os::unix::ffi::OsStrExt;
    let name = std::ffi::OsStr::from_bytes(b"/srv/\xff");
    assert_eq!(Location::from_os_str(name).unwrap().local_path(), Some(name.as_ref()));
}

#[test]
fn without_credentials_a_place_is_denied_before_anything_is_sent() {
    for (place, says) in [
        ("s3:https://host.invalid/bucket", "AWS_ACCESS_KEY_ID"),
        ("gs:bucket:/", "GOOGLE_APPLICATION_CREDENTIALS"),
        ("azure:container:/", "AZURE_ACCOUNT_NAME"),
    ] {
        let Err(error) = open(&place.parse().unwrap(), &OpenOptions::default()) else {
            panic!("{place} was opened without credentials");
        };
        if cfg!(feature = "cloud") {
            assert_eq!(error.kind(), ErrorKind::Denied, "{}", error.chain());
            assert!(error.chain().contains(says), "{}", error.chain());
        } else {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{}", error.chain());
        }
    }
}

proptest! {
    /// Half of the inputs begin like a place, so that every parser is reached.
    #[test]
    fn no_text_makes_the_parser_panic(
        scheme in prop::sample::select(vec!["", "s3:", "s3:https://", "gs:", "azure:", "sftp:", "sftp://", "rest:http://", "rest:"]),
        rest in prop_oneof![".*", "[a-z@:/\\[\\]%.?#0-9]{0,40}"],
    ) {
        let written = format!("{scheme}{rest}");
        if let Ok(location) = written.parse::<Location>() {
            let shown = location.to_string();
            if location.local_path().is_none() {
                let again = shown.parse::<Location>().map(|again| again.to_string());
                prop_assert_eq!(again.as_ref(), Ok(&shown), "{:?} is shown as {:?}", written, shown);
            }
        }
    }

    #[test]
    fn a_password_is_never_shown(password in "[a-zA-Z0-9]{12,20}") {
        let location: Location = format!("rest:https://user:{password}@host/path/").parse().unwrap();
        let shown = format!("{location} {location:?}");
        prop_assert!(!shown.contains(&password));
        let broken = format!("rest:https://user:{password}@host:bad/path/").parse::<Location>().unwrap_err();
        let shown = format!("{broken} {broken:?}");
        prop_assert!(!shown.contains(&password));
    }
}
