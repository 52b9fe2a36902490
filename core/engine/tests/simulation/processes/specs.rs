//! Random supervision trees: all strategies, restart types, shutdown kinds, significant and dynamic children, backoff.

use std::fmt;
use std::sync::Arc;

use everact::supervision::{
    AutoShutdown, Backoff, ChildSpec, ChildStart, ChildType, Restart, Shutdown, Strategy, SupervisorSpec,
};
use everact_sim::seed::Random;

use super::plan::{FUNCTION, HOOKED, NAMES, PLAIN};

pub type Spec = SupervisorSpec<ChildStart>;

/// Levels of supervisors below the first one.
const DEPTH: u32 = 2;

/// A spec that shows itself in one line.
#[derive(Clone)]
pub struct Brief(pub Spec);

impl std::ops::Deref for Brief {
    type Target = Spec;

    fn deref(&self) -> &Spec {
        &self.0
    }
}

impl fmt::Debug for Brief {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}/{} {:?}", self.strategy, self.intensity, self.period_ms, self.auto_shutdown)?;
        f.write_str(if self.backoff.is_some() { " backoff [" } else { " [" })?;
        for child in self.children.iter() {
            let significant = if child.significant { " significant" } else { "" };
            write!(f, "{}: {:?} {:?}{significant}", child.id, child.restart, child.shutdown)?;
            match &child.start {
                ChildStart::Process { kind, name, .. } => write!(f, " {kind:?} {name:?}; ")?,
                ChildStart::Supervisor { spec, name } => {
                    write!(f, " {:?} {name:?}; ", Self((**spec).clone()))?
                }
                ChildStart::Program { .. } => {}
            }
        }
        f.write_str("]")
    }
}

pub fn tree(random: &mut Random) -> Spec {
    supervisor(random, DEPTH)
}

fn supervisor(random: &mut Random, depth: u32) -> Spec {
    let strategy = random.pick(&[
        Strategy::OneForOne,
        Strategy::OneForOne,
        Strategy::OneForAll,
        Strategy::RestForOne,
        Strategy::Dynamic,
    ]);
    let auto_shutdown =
        random.pick(&[AutoShutdown::Never, AutoShutdown::AnySignificant, AutoShutdown::AllSignificant]);
    let count = if strategy == Strategy::Dynamic { 1 } else { random.below(5) };
    let children = (0..count).map(|at| child(random, at, depth, auto_shutdown)).collect();
    let backoff = Backoff { first_ms: 20, wait_ms_max: 200, steady_ms: 1_000, jitter_percent: 20 };
    SupervisorSpec {
        intensity: random.pick(&[0, 1, 2, 5]),
        period_ms: random.pick(&[100, 5_000]),
        auto_shutdown,
        backoff: random.chance(150).then_some(backoff),
        ..Spec::new(strategy, children)
    }
}

/// A child whose name is its place.
pub fn child(random: &mut Random, at: usize, depth: u32, auto: AutoShutdown) -> ChildSpec<ChildStart> {
    let restart =
        random.pick(&[Restart::Permanent, Restart::Permanent, Restart::Transient, Restart::Temporary]);
    let start = start(random, depth);
    let supervises = matches!(start, ChildStart::Supervisor { .. });
    ChildSpec {
        id: at.to_string().into(),
        restart,
        shutdown: match supervises {
            true => random.pick(&[Shutdown::Infinity, Shutdown::Infinity, Shutdown::After(300)]),
            false => random.pick(&[
                Shutdown::Brutal,
                Shutdown::After(50),
                Shutdown::After(5_000),
                Shutdown::Infinity,
            ]),
        },
        child_type: if supervises { ChildType::Supervisor } else { ChildType::Worker },
        significant: auto != AutoShutdown::Never && restart != Restart::Permanent && random.chance(500),
        start,
    }
}

pub fn start(random: &mut Random, depth: u32) -> ChildStart {
    let name: Option<Arc<str>> = random.chance(100).then(|| random.pick(&NAMES).into());
    if depth > 0 && random.chance(300) {
        let spec = Arc::new(supervisor(random, depth - 1));
        return ChildStart::Supervisor { spec, name };
    }
    let kind = random.pick(&[PLAIN, HOOKED, HOOKED, FUNCTION]);
    ChildStart::Process { kind, argument: b"child"[..].into(), name }
}

/// The spec of a child with this name.
pub fn named<'a>(spec: &'a Spec, id: &str) -> Option<&'a ChildSpec<ChildStart>> {
    spec.children.iter().find(|child| &*child.id == id)
}

/// The supervisor that a child is.
pub fn below(child: &ChildSpec<ChildStart>) -> Option<Spec> {
    match &child.start {
        ChildStart::Supervisor { spec, .. } => Some((**spec).clone()),
        ChildStart::Process { .. } | ChildStart::Program { .. } => None,
    }
}
