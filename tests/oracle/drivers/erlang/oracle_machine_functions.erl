%% The machine in OTP's style of one function for each state. The states are data, so these functions do not exist, and each call
%% of one comes to the function for that case.
-module(oracle_machine_functions).
-behaviour(gen_statem).
-export([callback_mode/0, init/1, terminate/3, '$handle_undefined_function'/2]).

callback_mode() -> [state_functions, state_enter].

init(Arguments) -> oracle_machine:init(Arguments).

terminate(Reason, State, Machine) -> oracle_machine:terminate(Reason, State, Machine).

'$handle_undefined_function'(State, [Type, Content, Machine]) -> oracle_machine:handle(Type, Content, State, Machine).
