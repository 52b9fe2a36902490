%% The machine in OTP's style of one handler for all states.
-module(oracle_machine_handler).
-behaviour(gen_statem).
-export([callback_mode/0, init/1, terminate/3, handle_event/4]).

callback_mode() -> [handle_event_function, state_enter].

init(Arguments) -> oracle_machine:init(Arguments).

terminate(Reason, State, Machine) -> oracle_machine:terminate(Reason, State, Machine).

handle_event(Type, Content, State, Machine) -> oracle_machine:handle(Type, Content, State, Machine).
