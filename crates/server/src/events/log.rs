//! The log: a stream of JetStream.

use super::shape::Letter;
use super::wanted::Wanted;
use crate::bus::{nats_options, nats_servers};
use async_nats::Client;
use async_nats::connection::State;
use async_nats::jetstream::context::{
    GetStreamError, GetStreamErrorKind, PublishErrorKind, RequestError, RequestErrorKind,
};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, StorageType};
use async_nats::jetstream::{Context, ContextBuilder, ErrorCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long an acknowledgement may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// For how long a stream that we make knows a repeat.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(600);
/// What headers may take of the longest message that the server takes, in bytes.
const HEADERS: usize = 2048;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What there is of a stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// It is there.
    There,
    /// It will be made.
    Missing,
}

/// The log: a stream of JetStream.
pub struct Log {
    client: Client,
    context: Context,
    wanted: Wanted,
    /// Whether the stream was there when last something was sent.
    is_ready: AtomicBool,
}

impl Log {
    /// Begins to connect, and goes on by itself whenever the connection is lost.
    ///
    /// # Errors
    /// When the address cannot be used. That nobody answers there is no error.
    pub async fn connect(wanted: Wanted) -> Result<Self, String> {
        let client = nats_options().connect(nats_servers(&wanted.url)).await.map_err(|error| {
            format!("events.url: NATS cannot be used: {error}. Write it like nats://host:4222.")
        })?;
        let context = ContextBuilder::new().timeout(PATIENCE).build(client.clone());
        Ok(Self { client, context, wanted, is_ready: AtomicBool::default() })
    }

    /// The stream, and what its subjects begin with.
    pub fn name(&self) -> (&str, &str) {
        (&self.wanted.stream, &self.wanted.subject)
    }

    /// Whether it can be reached now.
    pub fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// The longest body that it takes, in bytes.
    pub(super) fn bytes_max(&self) -> usize {
        self.client.max_payload().saturating_sub(HEADERS)
    }

    /// Looks whether the stream is there, and changes nothing.
    ///
    /// # Errors
    /// Why events could not be published there, and what to do.
    pub async fn look(&self) -> Result<Found, String> {
        match self.context.get_stream(&self.wanted.stream).await {
            Ok(stream) => self.fits(&stream.cached_info().config).map(|()| Found::There),
            Err(error) => match error.kind() {
                GetStreamErrorKind::JetStream(why)
                    if why.error_code() == ErrorCode::STREAM_NOT_FOUND =>
                {
                    Ok(Found::Missing)
                }
                GetStreamErrorKind::JetStream(why) => Err(refused(&why)),
                GetStreamErrorKind::Request if nobody_answers(&error) => Err(no_jetstream()),
                _ => Err(format!("NATS does not tell of its streams: {error}.")),
            },
        }
    }

    /// Sees to it that the stream is there. Costs nothing while all goes well.
    pub(super) async fn prepare(&self) -> Result<(), String> {
        if self.is_ready.load(Ordering::Relaxed) {
            return Ok(());
        }
        if self.look().await? == Found::Missing {
            let Wanted { stream, subject, max_age_days, replicas, .. } = &self.wanted;
            let config = Config {
                name: stream.clone(),
                description: Some("What happens in Handover's conversations".into()),
                subjects: vec![format!("{subject}.>")],
                storage: StorageType::File,
                max_age: DAY * u32::from(max_age_days.get()),
                num_replicas: usize::from(replicas.get()),
                duplicate_window: DUPLICATE_WINDOW,
                ..Config::default()
            };
            let made = self.context.create_stream(config).await;
            made.map_err(|error| format!("the stream {stream} cannot be made: {error}. Make it by hand, with the subject {subject}.>, or mend that."))?;
            tracing::info!(%stream, "the stream for events was made");
        }
        self.is_ready.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn fits(&self, found: &Config) -> Result<(), String> {
        let Wanted { stream, subject, .. } = &self.wanted;
        if found.subjects.iter().any(|pattern| covers(pattern, subject)) {
            return Ok(());
        }
        Err(format!(
            "the stream {stream} does not take {subject}.>. Add that to its subjects, or name another one in [events] stream."
        ))
    }

    /// Publishes one, and waits until it is kept. Says whether it was there already.
    pub(super) async fn publish(&self, letter: Letter) -> Result<bool, String> {
        let message = PublishMessage::build()
            .payload(letter.body.into())
            .message_id(letter.id)
            .expected_stream(&self.wanted.stream);
        let subject = format!("{}.{}", self.wanted.subject, letter.subject);
        let told = match self.context.send_publish(subject, message).await {
            Ok(sent) => sent.await,
            Err(error) => Err(error),
        };
        told.map(|told| told.duplicate).map_err(|error| {
            self.is_ready.store(false, Ordering::Relaxed);
            match error.kind() {
                PublishErrorKind::StreamNotFound => {
                    format!("no stream takes the events ({})", self.wanted.stream)
                }
                PublishErrorKind::TimedOut => "JetStream does not acknowledge".into(),
                _ => format!("JetStream does not take an event: {error}"),
            }
        })
    }
}

fn nobody_answers(error: &GetStreamError) -> bool {
    let cause = std::error::Error::source(error);
    let request = cause.and_then(|cause| cause.downcast_ref::<RequestError>());
    request.is_some_and(|request| request.kind() == RequestErrorKind::NoResponders)
}

fn refused(error: &async_nats::jetstream::Error) -> String {
    match error.error_code() {
        ErrorCode::JETSTREAM_NOT_ENABLED | ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT => {
            no_jetstream()
        }
        _ => format!("JetStream refuses: {error}."),
    }
}

fn no_jetstream() -> String {
    "JetStream is not enabled on the NATS server: start it with -js, or with a jetstream block in its configuration, and \
     for the account of this user."
        .into()
}

/// Whether a pattern of subjects takes all that are two words longer than `subject`.
fn covers(pattern: &str, subject: &str) -> bool {
    let mut words = pattern.split('.');
    for word in subject.split('.').map(Some).chain([None, None]) {
        match (words.next(), word) {
            (Some(">"), _) => return true,
            (Some("*"), _) => {}
            (Some(pattern), Some(word)) if pattern == word => {}
            _ => return false,
        }
    }
    words.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_stream_has_to_take_all_subjects() {
        for (pattern, fits) in [
            ("a.b.>", true),
            (">", true),
            ("a.>", true),
            ("a.b.*.*", true),
            ("*.b.*.>", true),
            ("a.b", false),
            ("a.b.*", false),
            ("a.b.web.*", false),
            ("a.c.>", false),
            ("a.b.*.*.*", false),
        ] {
            assert_eq!(covers(pattern, "a.b"), fits, "{pattern}");
        }
    }
}
