//! Numbers for Prometheus. Labels are words of ours, route patterns and the names of configured desks, never ids of
//! contacts or sessions.

mod labels;

use crate::activity::nodes::{Cluster, Hints};
use crate::alerts::Raised;
use crate::desks::health::State;
use crate::settings::glance::Glance;
use axum::http::{Method, StatusCode};
use handover_core::delivery::Side;
use handover_core::ids::AccountId;
use handover_core::port::outbox::Waiting;
use handover_core::port::store::Counts;
use handover_core::time::Timestamp;
use labels::{
    AlertLabels, CommitLabels, DeliveryLabels, DeskLabels, DriftLabels, HookLabels, LookLabels,
    RequestLabels, RouteLabels, SideLabels,
};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::sync::LazyLock;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// The numbers of this process.
pub static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

const SECONDS: [f64; 11] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 120.0];

type Desks = Family<DeskLabels, Gauge<f64, AtomicU64>>;
type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// The numbers of a process.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Histograms<RouteLabels>,
    commits: Family<CommitLabels, Counter>,
    commit_seconds: Histogram,
    deliveries: Family<DeliveryLabels, Counter>,
    hooks: Family<HookLabels, Counter>,
    drift: Family<DriftLabels, Counter>,
    looks: Family<LookLabels, Counter>,
    conversations: Gauge,
    sessions_waiting: Gauge,
    sessions_agent: Gauge,
    deliveries_pending: Gauge,
    deliveries_dead: Gauge,
    nodes: Gauge,
    leases: Gauge,
    bus_up: Gauge,
    lag: Gauge<f64, AtomicU64>,
    waiting: Family<SideLabels, Gauge<f64, AtomicU64>>,
    alerts: Family<AlertLabels, Gauge>,
    desk_last_hook: Desks,
    desk_last_success: Desks,
    desk_last_error: Desks,
    desk_trouble: Desks,
    desk_limit_used: Desks,
}

impl Metrics {
    fn new() -> Self {
        let request_seconds = Family::new_with_constructor(seconds as fn() -> Histogram);
        let mut it = Self {
            registry: Registry::with_prefix("handover"),
            requests: Family::default(),
            request_seconds,
            commits: Family::default(),
            commit_seconds: seconds(),
            deliveries: Family::default(),
            hooks: Family::default(),
            drift: Family::default(),
            looks: Family::default(),
            conversations: Gauge::default(),
            sessions_waiting: Gauge::default(),
            sessions_agent: Gauge::default(),
            deliveries_pending: Gauge::default(),
            deliveries_dead: Gauge::default(),
            nodes: Gauge::default(),
            leases: Gauge::default(),
            bus_up: Gauge::default(),
            lag: Gauge::default(),
            waiting: Family::default(),
            alerts: Family::default(),
            desk_last_hook: Desks::default(),
            desk_last_success: Desks::default(),
            desk_last_error: Desks::default(),
            desk_trouble: Desks::default(),
            desk_limit_used: Desks::default(),
        };
        let registry = &mut it.registry;
        registry.register("http_requests", "HTTP requests answered", it.requests.clone());
        registry.register(
            "http_request_duration_seconds",
            "Time until an HTTP answer began",
            it.request_seconds.clone(),
        );
        registry.register("accepts", "Events committed, repeated or refused", it.commits.clone());
        registry.register(
            "commit_duration_seconds",
            "Time until a commit was on disk",
            it.commit_seconds.clone(),
        );
        registry.register("deliveries", "Tries of deliveries by their end", it.deliveries.clone());
        registry.register("hooks", "Hooks of desks by what became of them", it.hooks.clone());
        registry.register(
            "drift",
            "What a look found to differ between a desk and the transcript",
            it.drift.clone(),
        );
        registry.register("looks", "Looks at what desks hold by their end", it.looks.clone());
        registry.register(
            "deliveries_waiting_seconds",
            "How long the delivery that waits longest waits",
            it.waiting.clone(),
        );
        registry.register("alert", "1 while something is wrong", it.alerts.clone());
        for (name, help, gauge) in [
            ("conversations", "Conversations ever", &it.conversations),
            ("sessions_waiting", "Sessions that wait for an agent", &it.sessions_waiting),
            ("sessions_agent", "Sessions with an agent", &it.sessions_agent),
            ("deliveries_pending", "Deliveries to be tried", &it.deliveries_pending),
            ("deliveries_dead", "Deliveries given up", &it.deliveries_dead),
            ("nodes", "Nodes that work on this database, as this one sees it", &it.nodes),
            ("leases", "Deliveries that this node works on", &it.leases),
            ("bus_up", "0 while no hints come from other nodes", &it.bus_up),
        ] {
            registry.register(name, help, gauge.clone());
        }
        let help = "How long work has been due that no node has taken up";
        registry.register("lag_seconds", help, it.lag.clone());
        for (name, help, desks) in [
            ("desk_last_hook_seconds", "When the last hook came, since 1970", &it.desk_last_hook),
            (
                "desk_last_success_seconds",
                "When the desk last took or answered something, since 1970",
                &it.desk_last_success,
            ),
            (
                "desk_last_error_seconds",
                "When something last went wrong, since 1970",
                &it.desk_last_error,
            ),
            ("desk_trouble", "1 while the desk is in trouble", &it.desk_trouble),
            (
                "desk_limit_used_ratio",
                "How much of the vendor's limit is used, where it tells",
                &it.desk_limit_used,
            ),
        ] {
            registry.register(name, help, desks.clone());
        }
        it
    }

    /// An HTTP request was answered.
    pub fn request(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        // A caller may invent methods; a label must not grow with them.
        let method = match *method {
            Method::GET
            | Method::POST
            | Method::PUT
            | Method::DELETE
            | Method::HEAD
            | Method::OPTIONS
            | Method::PATCH => method.as_str(),
            _ => "other",
        };
        let labels = RequestLabels {
            method: method.to_owned(),
            route: route.to_owned(),
            status: status.as_u16(),
        };
        self.requests.get_or_create(&labels).inc();
        let labels = RouteLabels { route: route.to_owned() };
        self.request_seconds.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// A commit came to its end: `done`, `stale`, `duplicate`, `failed`.
    pub fn commit(&self, outcome: &'static str, took: Duration) {
        self.commits.get_or_create(&CommitLabels { outcome }).inc();
        self.commit_seconds.observe(took.as_secs_f64());
    }

    /// A try of a delivery came to its end: `delivered`, `retried`, `dead`, `skipped`.
    pub fn delivery(&self, side: &'static str, outcome: &'static str) {
        self.deliveries.get_or_create(&DeliveryLabels { side, outcome }).inc();
    }

    /// A desk's hook came to its end: `taken`, `repeated`, `ignored`, `refused`, `failed`.
    pub fn hook(&self, vendor: &str, outcome: &'static str) {
        self.hooks.get_or_create(&HookLabels { vendor: vendor.to_owned(), outcome }).inc();
    }

    /// A look found that a desk holds something else than the transcript: `missed_hook`, `missing_at_desk`,
    /// `doubled_at_desk`.
    pub fn drift(&self, desk: &AccountId, kind: &'static str, count: usize) {
        let labels = DriftLabels { desk: desk.to_string(), kind };
        self.drift.get_or_create(&labels).inc_by(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// A look at what a desk holds came to its end: `done`, `not_now`, `failed`.
    pub fn look(&self, desk: &AccountId, result: &'static str) {
        self.looks.get_or_create(&LookLabels { desk: desk.to_string(), result }).inc();
    }

    /// What is wrong now.
    pub fn alerts(&self, raised: &[Raised]) {
        self.alerts.clear();
        for raised in raised {
            let (alert, about) = (raised.alert.to_string(), raised.about.clone());
            self.alerts.get_or_create(&AlertLabels { alert, about }).set(1);
        }
    }

    /// How long deliveries wait.
    pub fn waiting(&self, waiting: Waiting, now: Timestamp) {
        for side in [Side::Contact, Side::Desk, Side::Bot] {
            let age_ms = waiting.of(side).map_or(0, |since| now.since_ms(since).max(0));
            #[expect(clippy::cast_precision_loss, reason = "seconds fit for hundreds of centuries")]
            let age_s = age_ms as f64 / 1000.0;
            self.waiting.get_or_create(&SideLabels { side: side.as_str() }).set(age_s);
        }
    }

    /// How the nodes are doing.
    pub fn cluster(&self, cluster: &Cluster) {
        self.nodes.set(i64::try_from(cluster.nodes.len()).unwrap_or(i64::MAX));
        let own = cluster.nodes.iter().find(|node| node.is_this).map_or(0, |node| node.leases);
        self.leases.set(i64::try_from(own).unwrap_or(i64::MAX));
        self.bus_up.set(i64::from(cluster.hints != Hints::Lost));
        self.lag.set(cluster.lag.as_secs_f64());
    }

    /// Desks that are gone have no numbers any more.
    fn desks(&self, desks: &[(String, Glance)]) {
        let all = [
            &self.desk_last_hook,
            &self.desk_last_success,
            &self.desk_last_error,
            &self.desk_trouble,
            &self.desk_limit_used,
        ];
        for family in all {
            family.clear();
        }
        #[expect(clippy::cast_precision_loss, reason = "seconds fit for hundreds of centuries")]
        let seconds = |at: Timestamp| at.as_ms() as f64 / 1000.0;
        for (desk, glance) in desks {
            let set = |family: &Desks, value: Option<f64>| {
                if let Some(value) = value {
                    family.get_or_create(&DeskLabels { desk: desk.clone() }).set(value);
                }
            };
            let kept = &glance.kept;
            set(&self.desk_last_hook, kept.last_hook_at.map(seconds));
            set(&self.desk_last_success, kept.last_success_at.map(seconds));
            set(&self.desk_last_error, kept.last_error.as_ref().map(|error| seconds(error.at)));
            let trouble = matches!(glance.state, State::Trouble { .. });
            set(&self.desk_trouble, Some(if trouble { 1.0 } else { 0.0 }));
            let used = glance.usage.filter(|usage| usage.limit > 0);
            set(
                &self.desk_limit_used,
                used.map(|usage| f64::from(usage.used) / f64::from(usage.limit)),
            );
        }
    }

    /// All numbers as Prometheus reads them.
    pub fn text(&self, counts: Counts, desks: &[(String, Glance)]) -> String {
        self.desks(desks);
        for (gauge, count) in [
            (&self.conversations, counts.conversations),
            (&self.sessions_waiting, counts.sessions_waiting),
            (&self.sessions_agent, counts.sessions_agent),
            (&self.deliveries_pending, counts.deliveries_pending),
            (&self.deliveries_dead, counts.deliveries_dead),
        ] {
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        let mut text = String::new();
        // Writing into a text cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

fn seconds() -> Histogram {
    Histogram::new(SECONDS)
}
