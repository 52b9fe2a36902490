//! What a seed decides before a history begins: how the engine is configured, what goes wrong and how often.

use everact::Config;
use everact::limits::Limits;
use everact_sim::seed::Random;

use crate::store::Faults;

/// Of so many seeds one runs on the real store over a simulated disk.
const ON_DISK: u64 = 10;

/// A history's frame.
#[derive(Clone, Debug)]
pub struct Plan {
    pub on_disk: bool,
    /// The store commits within the calls, as it does where nothing outlives the process; then there are no crashes.
    pub in_memory: bool,
    pub steps: usize,
    pub crashes: u32,
    pub faults: Faults,
    /// Calls that may commit and read themselves.
    pub leading: u32,
    /// Wall time is set forward and back by days.
    pub wall_jumps: u32,
    pub cancellations: u32,
    pub closes: u32,
    /// Changes of what the disk does wrong.
    pub disturbances: u32,
    /// The bounds of one shard, and how many there are.
    pub limits: Limits,
    pub shards: usize,
    config: Config,
}

impl Plan {
    pub fn of(seed: u64, random: &mut Random) -> Self {
        let on_disk = seed.is_multiple_of(ON_DISK);
        let in_memory = !on_disk && random.chance(60);
        let faulty = random.chance(500) && !in_memory;
        let config = config(random);
        let config = Config::read(config.as_bytes(), |_| None).expect("the configuration is right");
        let often = |random: &mut Random, most: &[u32]| if faulty { random.pick(most) } else { 0 };
        Self {
            on_disk,
            in_memory,
            steps: if on_disk { 300 } else { random.pick(&[100, 400, 1_200]) },
            crashes: if in_memory { 0 } else { random.pick(&[0, 5, 15]) },
            faults: Faults {
                refused_batches: often(random, &[0, 50, 200]),
                conflicts: often(random, &[0, 30]),
                failed_reads: often(random, &[0, 50, 200]),
                damaged_reads: often(random, &[0, 50]),
                failed_reopens: often(random, &[0, 300]),
            },
            leading: random.pick(&[0, 0, 100]),
            wall_jumps: random.pick(&[0, 10]),
            cancellations: random.pick(&[0, 30, 80]),
            closes: if in_memory { 0 } else { random.pick(&[0, 0, 0, 8]) },
            limits: config.limits(),
            shards: config.shard_count(),
            disturbances: if on_disk { random.pick(&[0, 30]) } else { 0 },
            config,
        }
    }

    pub fn config(&self) -> Config {
        self.config.clone()
    }
}

fn config(random: &mut Random) -> String {
    let retry = r#""retry":{"attempts_max":3,"first_wait_ms":10,"wait_max_ms":100}"#;
    let handlers = format!(
        r#"[{{"name":"work","bytes":true,{retry}}},{{"name":"look","bytes":true,"read_only":true,{retry}}},
        {{"name":"again","bytes":true,"reentrant":true,{retry}}}]"#
    );
    let overflow = random.pick(&["reject", "drop_oldest", "wait"]);
    let hooks = random.pick(&["false", "true"]);
    format!(
        r#"{{"shards":{},"mailbox_capacity_messages":{},"pending_asks_max":{},"activations_max":{},"message_bytes_max":4096,
        "uncommitted_bytes_max":{},"idle_timeout_ms":{},"lane":"{}","kinds":[
        {{"name":"cache","durable":false,"handlers":{handlers},"overflow":"{overflow}"}},
        {{"name":"account","durable":true,"handlers":{handlers}}},
        {{"name":"ledger","durable":true,"handlers":{handlers},"activated":{hooks},"passivating":{hooks},"overflow":"{overflow}"}}]}}"#,
        random.pick(&[1, 2, 3, 5]),
        random.pick(&[1, 3, 100]),
        random.pick(&[6, 1_000]),
        random.pick(&[3, 1_000]),
        random.pick(&[1, 1_000_000]),
        random.pick(&[50, 1_000, 600_000]),
        random.pick(&["threads", "loop"]),
    )
}
