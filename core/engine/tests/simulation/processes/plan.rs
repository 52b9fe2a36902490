//! What a seed decides before a history of processes begins: kinds, bounds, and how often what happens.

use everact::Config;
use everact::address::{HandlerId, KindId};
use everact_sim::seed::Random;

use crate::store::Faults;

/// The one handler of every kind.
pub const WORK: HandlerId = HandlerId(0);
/// Actors: a durable kind and a transient one.
pub const ACCOUNT: KindId = KindId(0);
pub const CACHE: KindId = KindId(1);
/// Processes without a hook, with one, and with a function.
pub const PLAIN: KindId = KindId(2);
pub const HOOKED: KindId = KindId(3);
pub const FUNCTION: KindId = KindId(4);

pub const KEYS: [&str; 2] = ["a", "b"];
pub const NAMES: [&str; 4] = ["n0", "n1", "n2", "n3"];
pub const GROUPS: [&str; 2] = ["g0", "g1"];

/// A history's frame.
#[derive(Clone, Debug)]
pub struct Plan {
    pub steps: usize,
    pub crashes: u32,
    pub closes: u32,
    pub faults: Faults,
    pub wall_jumps: u32,
    pub cancellations: u32,
    /// How often a turn ends with a failure or for a reason of its own, in a thousand.
    pub ends: u32,
    /// How often a hook fails or ignores.
    pub bad_hooks: u32,
    /// How often a turn is left alone when it is its turn to go on.
    pub lazy: u32,
    /// There are supervisors.
    pub trees: bool,
    pub processes_max: usize,
    pub shards: usize,
    /// Mailboxes may be full, so that messages are lost.
    pub lossy: bool,
    config: Config,
}

impl Plan {
    pub fn of(random: &mut Random) -> Self {
        let lossy = random.chance(100);
        let config = config(random, if lossy { 2 } else { 10_000 });
        let config = Config::read(config.as_bytes(), |_| None).expect("the configuration is right");
        let faulty = random.chance(300);
        Self {
            steps: random.pick(&[60, 150, 400]),
            crashes: random.pick(&[0, 0, 3]),
            closes: random.pick(&[0, 0, 6]),
            faults: Faults {
                refused_batches: if faulty { 100 } else { 0 },
                failed_reads: if faulty { 100 } else { 0 },
                ..Faults::default()
            },
            wall_jumps: random.pick(&[0, 10]),
            cancellations: random.pick(&[0, 20]),
            ends: random.pick(&[30, 100, 250]),
            bad_hooks: random.pick(&[0, 100, 300]),
            lazy: random.pick(&[0, 300, 700]),
            trees: random.chance(750),
            processes_max: config.limits().processes_max,
            shards: config.shard_count(),
            lossy,
            config,
        }
    }

    pub fn config(&self) -> Config {
        self.config.clone()
    }
}

fn config(random: &mut Random, mailbox: usize) -> String {
    let handlers = r#"[{"name":"work","bytes":true}]"#;
    format!(
        r#"{{"shards":{},"mailbox_capacity_messages":{mailbox},"message_bytes_max":4096,"processes_max":{},"activations_max":{},
        "idle_timeout_ms":{},"lane":"{}","kinds":[
        {{"name":"account","durable":true,"handlers":{handlers}}},
        {{"name":"cache","durable":false,"handlers":{handlers}}},
        {{"name":"plain","role":"process","durable":false,"handlers":{handlers}}},
        {{"name":"hooked","role":"process","durable":false,"activated":true,"handlers":{handlers}}},
        {{"name":"function","role":"receiver","durable":false,"handlers":{handlers}}}]}}"#,
        random.pick(&[1, 2, 3]),
        random.pick(&[4, 12, 1_000]),
        random.pick(&[1, 1_000]),
        random.pick(&[50, 600_000]),
        random.pick(&["threads", "loop"]),
    )
}
