%% A state machine (gen_statem) from data: a table by state and event. It writes to the log of its name each event with the state
%% in which it came.
-module(oracle_machine).
-export([init/1, handle/4, terminate/3]).

-record(machine, {name, states, held = none}).

init({Name, Specification}) ->
    oracle_world:enter(Name),
    oracle_world:write(<<"tree">>, ["start ", Name]),
    process_flag(trap_exit, maps:get(<<"trap">>, Specification, false)),
    Machine = #machine{name = Name, states = map_get(<<"states">>, Specification)},
    case Specification of
        #{<<"stop">> := Reason} -> {stop, oracle_terms:to_reason(Reason)};
        #{<<"initial">> := State} -> {ok, binary_to_atom(State), Machine, actions(Specification, none, Machine)}
    end.

terminate(Reason, State, #machine{name = Name}) ->
    oracle_world:write(Name, ["terminate in ", atom_to_binary(State), ": ", oracle_terms:reason(Reason)]).

handle(Type, Content, State, Machine = #machine{name = Name}) ->
    Event = iolist_to_binary(event(Type, Content)),
    oracle_world:write(Name, [atom_to_binary(State), ": ", Event]),
    Entry = entry(atom_to_binary(State), Event, Machine),
    From = case Type of {call, Caller} -> Caller; _ -> none end,
    case Entry of
        #{<<"crash">> := Text} -> error(Text);
        #{<<"hold">> := true} -> result(Entry, actions(Entry, From, Machine), Machine#machine{held = From});
        _ -> result(Entry, actions(Entry, From, Machine), Machine)
    end.

event({call, _}, Content) -> ["call ", Content];
event(enter, Before) -> ["enter from ", atom_to_binary(Before)];
event(state_timeout, Content) -> ["state_timeout ", Content];
event(timeout, Content) -> ["event_timeout ", Content];
event({timeout, Timer}, Content) -> ["timer ", Timer, " ", Content];
event(info, {'EXIT', Pid, Reason}) -> ["exit ", oracle_world:name_of(Pid), " ", oracle_terms:reason(Reason)];
event(Type, Content) -> [atom_to_binary(Type), " ", Content].

%% An event's entry: that of its state, else that of all states (`*`), else none. Entering has one entry, wherever one comes from.
entry(State, <<"enter", _/binary>>, Machine) -> found(State, <<"enter">>, Machine);
entry(State, Event, Machine) -> found(State, Event, Machine).

found(State, Event, #machine{states = States}) ->
    case States of
        #{State := #{Event := Entry}} -> Entry;
        #{<<"*">> := #{Event := Entry}} -> Entry;
        _ -> #{}
    end.

result(#{<<"stop">> := Reason}, [], Machine) -> {stop, oracle_terms:to_reason(Reason), Machine};
result(#{<<"stop">> := Reason}, Replies, Machine) -> {stop_and_reply, oracle_terms:to_reason(Reason), Replies, Machine};
result(#{<<"next">> := State}, Actions, Machine) -> {next_state, binary_to_atom(State), Machine, Actions};
result(#{<<"repeat">> := true}, Actions, Machine) -> {repeat_state, Machine, Actions};
result(_, Actions, Machine) -> {keep_state, Machine, Actions}.

actions(Entry, From, Machine) -> [action(Action, From, Machine) || Action <- maps:get(<<"do">>, Entry, [])].

action([<<"postpone">>], _, _) -> postpone;
action([<<"reply">>, Reply], From, _) -> {reply, From, Reply};
action([<<"release">>, Reply], _, #machine{held = From}) -> {reply, From, Reply};
action([<<"next_event">>, Type, Content], _, _) -> {next_event, binary_to_existing_atom(Type), Content};
action([<<"state_timeout">> | Timeout], _, _) -> timeout(state_timeout, Timeout);
action([<<"event_timeout">> | Timeout], _, _) -> timeout(timeout, Timeout);
action([<<"timer">>, Timer | Timeout], _, _) -> timeout({timeout, Timer}, Timeout).

timeout(Timer, [<<"cancel">>]) -> {Timer, cancel};
timeout(Timer, [<<"update">>, Content]) -> {Timer, update, Content};
timeout(Timer, [<<"infinity">>, Content]) -> {Timer, infinity, Content};
timeout(Timer, [Milliseconds, Content]) -> {Timer, Milliseconds, Content}.
