//! Behaviours: the general part of a kind's program, which the core runs. How a kind declares it, and what its callbacks want.

pub use everact_kernel::behaviour::{Wish, event_manager, request, server, state_machine, wish};
use everact_kernel::kind::Behaviour;
pub use everact_kernel::shard::Ask;
use serde::Deserialize;

use crate::call::Call;
use crate::config::{KindConfig, RoleConfig};
use crate::engine::Engine;

/// The general part of a kind's program that the core runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BehaviourConfig {
    /// Time-outs of idleness, and what runs before the next message.
    Server,
    /// States, postponed and inserted events, time-outs.
    StateMachine,
    /// Handlers that come and go and see every event.
    EventManager,
}

impl Engine {
    /// Asks something of a behaviour: to stop, or what an event manager can. The answer comes as the reply of that number, behind
    /// what the same turn has sent before.
    pub fn manage(&self, given: Ask, call: &mut Call) {
        self.machine().manage(given, call);
    }
}

impl KindConfig {
    /// Its behaviour, as the kernel knows it.
    pub(crate) fn behaviour(&self) -> Option<Behaviour> {
        Some(match self.behaviour? {
            BehaviourConfig::Server => Behaviour::Server,
            BehaviourConfig::StateMachine => Behaviour::StateMachine { enter_calls: self.enter_calls },
            BehaviourConfig::EventManager => Behaviour::EventManager,
        })
    }

    /// What of its behaviour cannot be.
    pub(crate) fn check_behaviour(&self) -> Result<(), String> {
        let machine = self.behaviour == Some(BehaviourConfig::StateMachine);
        if self.enter_calls && !machine {
            return Err("enter_calls: only a state machine has them".to_owned());
        }
        if self.behaviour.is_none() {
            return Ok(());
        }
        if !(self.role == RoleConfig::Process || machine && self.role == RoleConfig::Actor) {
            let text =
                "a server and an event manager are of the role process, a state machine of process or actor";
            return Err(format!("behaviour: {text}"));
        }
        match self.handlers.iter().find(|handler| handler.read_only || handler.reentrant) {
            Some(handler) => {
                Err(format!("{}: a handler of a behaviour is neither read_only nor reentrant", handler.name))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use everact_kernel::error::ErrorCode;

    use crate::config::Config;

    #[test]
    fn a_behaviour_that_cannot_be_is_named() {
        let given = [
            (r#""behaviour":"server""#, "a: behaviour: "),
            (r#""behaviour":"event_manager""#, "a: behaviour: "),
            (r#""role":"receiver","behaviour":"state_machine""#, "a: behaviour: "),
            (r#""role":"process","behaviour":"server","enter_calls":true"#, "a: enter_calls: "),
            (r#""enter_calls":true"#, "a: enter_calls: "),
            (r#""behaviour":"state_machine""#, "a: look: a handler of a behaviour"),
        ];
        for (settings, begins) in given {
            let handlers = r#""handlers":[{"name":"look","read_only":true}]"#;
            let json = format!(r#"{{"kinds":[{{"name":"a","durable":false,{handlers},{settings}}}]}}"#);
            let failure = Config::read(json.as_bytes(), |_| None).expect_err("it cannot be used");
            assert_eq!(failure.code, ErrorCode::InvalidDeclaration, "{settings}");
            assert!(failure.text.starts_with(begins), "{settings}: {}", failure.text);
        }
    }
}
