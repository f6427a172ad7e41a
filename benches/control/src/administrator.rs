//! A person who is signed in.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::process::Server;

/// Who is signed in.
pub struct Administrator {
    pub http: reqwest::Client,
    pub base: String,
    pub cookie: String,
    pub csrf: String,
}

impl Administrator {
    pub async fn of(server: &Server) -> Result<Self> {
        let http = reqwest::Client::new();
        let token = server.setup_token.as_deref().context("a fresh server prints a setup link")?;
        let body =
            json!({ "token": token, "name": "admin", "password": "correct horse battery staple", "language": "en" });
        let answer = http.post(format!("{}/api/setup", server.base)).json(&body).send().await?.error_for_status()?;
        let cookie = answer.headers().get("set-cookie").context("a session")?.to_str()?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let mut administrator = Self { http, base: server.base.clone(), cookie, csrf: String::new() };
        let me = administrator.get("/api/auth/me").await?;
        me["csrfToken"].as_str().context("a token")?.clone_into(&mut administrator.csrf);
        Ok(administrator)
    }

    pub async fn get(&self, path: &str) -> Result<Value> {
        let request = self.http.get(format!("{}{path}", self.base)).header("cookie", &self.cookie);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.http.post(format!("{}{path}", self.base)).header("cookie", &self.cookie);
        let request = request.header("x-rempart-csrf", &self.csrf).json(body);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }
}
