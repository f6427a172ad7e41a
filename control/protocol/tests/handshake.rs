//! Who may come in, and whom an agent believes.

use std::sync::Arc;

use rempart_protocol::handshake::{
    AgentHandshake, AgentReady, ChannelBinding, Purpose, ServerHandshake, Visitor, Welcomed,
};
use rempart_protocol::{EnrolmentToken, Identity, OURS, PublicKey, Refusal, RefusalCode, VersionRange};

struct Scene {
    agent: Arc<Identity>,
    server: Arc<Identity>,
    pinned: PublicKey,
    token: Option<EnrolmentToken>,
    versions: (VersionRange, VersionRange),
    bindings: (ChannelBinding, ChannelBinding),
    purpose: Purpose,
}

impl Scene {
    fn new() -> Self {
        let server = Arc::new(Identity::generate());
        Self {
            agent: Arc::new(Identity::generate()),
            pinned: server.public(),
            server,
            token: None,
            versions: (OURS, OURS),
            bindings: Default::default(),
            purpose: Purpose::Control,
        }
    }

    fn agent(&self) -> (AgentHandshake, String) {
        let (binding, versions) = (self.bindings.0, self.versions.0);
        let identity = Arc::clone(&self.agent);
        AgentHandshake::begin_with(identity, self.pinned, self.token.clone(), self.purpose, binding, "1.2.3", versions)
            .unwrap()
    }

    fn server(&self) -> ServerHandshake {
        ServerHandshake::with_versions(Arc::clone(&self.server), self.bindings.1, self.versions.1)
    }

    /// The whole exchange; `meddle` changes messages on the way.
    fn play(&self, meddle: impl Fn(usize, String) -> String) -> Result<(Visitor, AgentReady), (&'static str, Refusal)> {
        let ((mut agent, hello), mut server) = (self.agent(), self.server());
        let welcome = server.welcome(&meddle(0, hello)).map_err(|refusal| ("server", refusal))?;
        let Welcomed::Prove(prove) = agent.receive(&meddle(1, welcome)).map_err(|refusal| ("agent", refusal))? else {
            panic!("let in without a proof");
        };
        let visitor = server.visitor(&meddle(2, prove)).map_err(|refusal| ("server", refusal))?;
        let ready = server.admit(AgentReady::default()).unwrap();
        match agent.receive(&meddle(3, ready)).map_err(|refusal| ("agent", refusal))? {
            Welcomed::Ready { version, terms } => {
                assert_eq!(version, visitor.version);
                Ok((visitor, terms))
            }
            Welcomed::Prove(_) => panic!("a second proof"),
        }
    }

    fn refused(&self, meddle: impl Fn(usize, String) -> String) -> (&'static str, RefusalCode) {
        let (by, refusal) = self.play(meddle).expect_err("somebody must refuse");
        (by, refusal.code)
    }
}

fn as_it_is(_: usize, message: String) -> String {
    message
}

#[test]
fn an_agent_with_the_right_pin_comes_in_with_its_key_and_token() {
    let mut scene = Scene::new();
    scene.token = Some(EnrolmentToken::generate());
    for purpose in [Purpose::Control, Purpose::Data] {
        scene.purpose = purpose;
        let (visitor, terms) = scene.play(as_it_is).unwrap();
        assert_eq!((visitor.key, visitor.purpose), (scene.agent.public(), purpose));
        assert_eq!(visitor.agent_version, "1.2.3");
        assert_eq!(visitor.token.unwrap().hash(), scene.token.as_ref().unwrap().hash());
        assert_eq!(terms, AgentReady::default());
    }
}

#[test]
fn the_token_is_shown_to_the_pinned_server_only() {
    let mut scene = Scene::new();
    scene.token = Some(EnrolmentToken::generate());
    scene.pinned = Identity::generate().public();
    let ((mut agent, hello), mut server) = (scene.agent(), scene.server());
    let secret = scene.token.as_ref().unwrap().reveal();
    assert!(!hello.contains(&secret));
    let refusal = agent.receive(&server.welcome(&hello).unwrap()).expect_err("another server than the pinned one");
    assert_eq!(refusal.code, RefusalCode::WrongServer);
    assert!(!refusal.code.may_come_back(), "a person has to look at it");
    assert!(!refusal.to_string().contains(&secret));
}

#[test]
fn a_server_that_shows_the_pinned_key_and_does_not_hold_it_is_refused() {
    let scene = Scene::new();
    let pinned = scene.pinned.to_string();
    // It signs with its own key and writes the pinned one beside it.
    let thief = Scene { server: Arc::new(Identity::generate()), ..Scene::new() };
    let stolen = thief.server.public().to_string();
    let staged = Scene { server: thief.server, pinned: scene.pinned, ..Scene::new() };
    let answer = |at: usize, message: String| if at == 1 { message.replace(&stolen, &pinned) } else { message };
    assert_eq!(staged.refused(answer), ("agent", RefusalCode::BadSignature));
}

#[test]
fn every_change_on_the_way_is_seen() {
    let mut scene = Scene::new();
    scene.token = Some(EnrolmentToken::generate());
    let other = Identity::generate().public().to_string();
    let own = scene.agent.public().to_string();
    let token = scene.token.as_ref().unwrap().reveal();
    let forged = EnrolmentToken::generate().reveal();
    let swap = |at: usize, from: String, to: String| {
        move |now: usize, message: String| if now == at { message.replace(&from, &to) } else { message }
    };
    // The key of the agent, its versions, its purpose, its token.
    assert_eq!(scene.refused(swap(0, own, other)), ("agent", RefusalCode::BadSignature));
    assert_eq!(
        scene.refused(swap(0, "\"newest\":1".into(), "\"newest\":7".into())),
        ("agent", RefusalCode::BadSignature)
    );
    assert_eq!(scene.refused(swap(0, "control".into(), "data".into())), ("agent", RefusalCode::BadSignature));
    assert_eq!(scene.refused(swap(2, token.clone(), forged)), ("server", RefusalCode::BadSignature));
    let without = format!(",\"token\":\"{token}\"");
    assert_eq!(scene.refused(swap(2, without, String::new())), ("server", RefusalCode::BadSignature));
}

#[test]
fn a_proof_is_worth_nothing_on_another_connection() {
    let scene = Scene::new();
    let ((mut agent, hello), mut server) = (scene.agent(), scene.server());
    let Ok(Welcomed::Prove(prove)) = agent.receive(&server.welcome(&hello).unwrap()) else { panic!("a proof") };
    // The same agent's hello and proof again, to a server that drew another number.
    let mut second = scene.server();
    second.welcome(&hello).unwrap();
    assert_eq!(second.visitor(&prove).expect_err("replayed").code, RefusalCode::BadSignature);
    // And relayed: the two ends do not see the same TLS connection.
    let bound = Scene {
        bindings: (ChannelBinding::TlsExporter([1; 32]), ChannelBinding::TlsExporter([2; 32])),
        ..Scene::new()
    };
    assert_eq!(bound.refused(as_it_is), ("agent", RefusalCode::BadSignature));
    let same = ChannelBinding::TlsExporter([1; 32]);
    assert!(Scene { bindings: (same, same), ..Scene::new() }.play(as_it_is).is_ok());
}

#[test]
fn older_and_newer_versions_agree_or_say_who_must_be_upgraded() {
    let range = VersionRange::new;
    let with = |agent, server| Scene { versions: (agent, server), ..Scene::new() };
    for (agent, server, agreed) in [((1, 1), (1, 3), 1), ((2, 4), (1, 3), 3), ((1, 9), (9, 9), 9)] {
        let (visitor, _) = with(range(agent.0, agent.1), range(server.0, server.1)).play(as_it_is).unwrap();
        assert_eq!(visitor.version.0, agreed, "agent {agent:?}, server {server:?}");
    }
    for (agent, server, advice) in [((1, 1), (2, 3), "upgrade the agent"), ((4, 5), (1, 3), "upgrade the server")] {
        let (by, refusal) = with(range(agent.0, agent.1), range(server.0, server.1)).play(as_it_is).expect_err("apart");
        assert_eq!((by, refusal.code), ("server", RefusalCode::Version));
        assert!(refusal.to_string().contains(advice), "{refusal}");
        // What the agent is told is what the server says.
        let (mut told, _) = with(range(1, 1), range(1, 1)).agent();
        let heard = told.receive(&ServerHandshake::refuse(&refusal).unwrap()).expect_err("refused");
        assert_eq!(heard, refusal);
    }
}

#[test]
fn messages_out_of_turn_end_the_handshake() {
    let scene = Scene::new();
    let ((mut agent, hello), mut server) = (scene.agent(), scene.server());
    assert_eq!(server.admit(AgentReady::default()).expect_err("nobody is there").code, RefusalCode::Unexpected);
    let mut server_again = scene.server();
    let welcome = server_again.welcome(&hello).unwrap();
    assert_eq!(server_again.visitor(&hello).expect_err("hello twice").code, RefusalCode::Unexpected);
    assert_eq!(server_again.visitor(&hello).expect_err("after the end").code, RefusalCode::Unexpected);
    assert!(agent.receive(&welcome).is_ok());
    assert_eq!(agent.receive(&welcome).expect_err("welcome twice").code, RefusalCode::Unexpected);
    let mut fresh = scene.server();
    for wrong in ["", "{}", "[]", "{\"type\":\"dance\"}", "{\"type\":\"hello\"}", &"[".repeat(1 << 12)] {
        assert_eq!(scene.server().welcome(wrong).expect_err(wrong).code, RefusalCode::Malformed);
    }
    let long = format!("{{\"type\":\"hello\",\"agentVersion\":\"{}\"}}", "x".repeat(2 << 20));
    assert_eq!(fresh.welcome(&long).expect_err("too long").code, RefusalCode::TooLong);
}
