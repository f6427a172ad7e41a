//! The one way to register a route: with the permission it needs, or with the reason why it needs none.

use axum::middleware::from_fn;
use rempart_model::Permission;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::SecurityRequirement;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter, UtoipaMethodRouterExt as _};

use super::guard::{self, Rule};
use crate::state::AppState;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Needs(Permission),
    /// Anybody, and why that is right.
    Public(&'static str),
    /// The handler authenticates by other means than sessions and tokens, and which.
    Own(&'static str),
}

/// What of a route's calls goes into the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audited {
    /// Calls of unsafe methods: they change something.
    Changes,
    /// Every call: it brings data out.
    Always,
    /// None, and why that is right.
    Never(&'static str),
}

/// One row of the table of routes: what the tests walk.
#[derive(Debug, Clone)]
pub struct RouteRow {
    pub method: String,
    pub path: String,
    /// The operation's id: `plans.create`.
    pub operation: String,
    pub access: Access,
    pub audited: Audited,
}

/// Routes with their rules. There is no way to add one without.
pub struct Routes {
    router: OpenApiRouter<AppState>,
    table: Vec<RouteRow>,
}

impl Default for Routes {
    fn default() -> Self {
        Self::new()
    }
}

impl Routes {
    #[must_use]
    pub fn new() -> Self {
        Self { router: OpenApiRouter::default(), table: Vec::new() }
    }

    /// Routes for callers who have the permission; changes are audited.
    #[must_use]
    pub fn needs(self, permission: Permission, routes: UtoipaMethodRouter<AppState>) -> Self {
        self.add(Access::Needs(permission), Audited::Changes, routes)
    }

    /// As `needs`, for routes that bring data out: restores and downloads are audited whatever their method.
    #[must_use]
    pub fn brings_out(self, permission: Permission, routes: UtoipaMethodRouter<AppState>) -> Self {
        self.add(Access::Needs(permission), Audited::Always, routes)
    }

    /// As `needs`, for routes whose method is unsafe only because their question has a body: nothing is changed.
    #[must_use]
    pub fn asks(self, permission: Permission, why: &'static str, routes: UtoipaMethodRouter<AppState>) -> Self {
        self.add(Access::Needs(permission), Audited::Never(why), routes)
    }

    /// Routes for anybody; says why.
    #[must_use]
    pub fn public(self, why: &'static str, routes: UtoipaMethodRouter<AppState>) -> Self {
        self.add(Access::Public(why), Audited::Changes, routes)
    }

    /// Routes of another protocol, whose handler checks its own credentials and writes its own records.
    #[must_use]
    pub fn own(self, how: &'static str, routes: UtoipaMethodRouter<AppState>) -> Self {
        self.add(Access::Own(how), Audited::Never(how), routes)
    }

    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.table.extend(other.table);
        Self { router: self.router.merge(other.router), table: self.table }
    }

    /// The finished router, its description, and the table of its routes.
    pub fn finish(self) -> (axum::Router<AppState>, utoipa::openapi::OpenApi, Vec<RouteRow>) {
        let (router, api) = self.router.split_for_parts();
        (router, api, self.table)
    }

    fn add(mut self, access: Access, audited: Audited, mut routes: UtoipaMethodRouter<AppState>) -> Self {
        let mut operations = Vec::new();
        for (path, item) in &mut routes.1.paths {
            for (method, operation) in operations_of(item) {
                describe(operation, access);
                let name = operation.operation_id.clone().unwrap_or_default();
                operations.push((method, name.clone()));
                self.table.push(RouteRow {
                    method: method.to_owned(),
                    path: path.clone(),
                    operation: name,
                    access,
                    audited,
                });
            }
        }
        let rule = std::sync::Arc::new(Rule { access, audited, operations });
        let guarded = routes.layer(from_fn(move |request, next| guard::guard(rule.clone(), request, next)));
        self.router = self.router.routes(guarded);
        self
    }
}

/// The operations of a path with their methods.
pub fn operations_of(item: &mut PathItem) -> Vec<(&'static str, &mut Operation)> {
    [
        ("GET", &mut item.get),
        ("PUT", &mut item.put),
        ("POST", &mut item.post),
        ("DELETE", &mut item.delete),
        ("HEAD", &mut item.head),
        ("PATCH", &mut item.patch),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
    .collect()
}

/// The rule becomes part of the description: how to authenticate, and for which permission.
fn describe(operation: &mut Operation, access: Access) {
    match access {
        Access::Needs(permission) => {
            operation.security = Some(vec![
                SecurityRequirement::new("session", Vec::<String>::new()),
                SecurityRequirement::new("token", Vec::<String>::new()),
            ]);
            let name = super::caller::permission_name(permission);
            let extensions = ExtensionsBuilder::new().add("x-rempart-permission", name).build();
            operation.extensions.get_or_insert_default().merge(extensions);
        }
        Access::Public(_) => operation.security = Some(Vec::new()),
        Access::Own(_) => operation.security = Some(vec![SecurityRequirement::new("basic", Vec::<String>::new())]),
    }
}
