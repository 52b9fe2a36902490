%% A supervisor from data.
-module(oracle_supervisor).
-behaviour(supervisor).
-export([init/1, child/1]).

init({Name, Specification}) ->
    oracle_world:enter(Name),
    oracle_world:write(<<"tree">>, ["start ", Name]),
    Strategy = binary_to_atom(maps:get(<<"strategy">>, Specification, <<"one_for_one">>)),
    Flags = #{
        strategy => Strategy,
        intensity => maps:get(<<"intensity">>, Specification, 1),
        period => maps:get(<<"period_s">>, Specification, 5),
        auto_shutdown => binary_to_atom(maps:get(<<"auto_shutdown">>, Specification, <<"never">>))
    },
    Children = [child(Strategy, Child) || Child <- maps:get(<<"children">>, Specification, [])],
    {ok, {Flags, Children}}.

child(Child) -> child(one_for_one, Child).

%% The specification of a child; what is not said is as OTP has it.
child(Strategy, Child = #{<<"id">> := Id}) ->
    Start = maps:get(<<"start">>, Child, #{}),
    maps:merge(#{id => Id, start => start(Strategy, Id, Start)}, maps:from_list(
        [{restart, word(Child, <<"restart">>)} || is_map_key(<<"restart">>, Child)] ++
        [{type, word(Child, <<"type">>)} || is_map_key(<<"type">>, Child)] ++
        [{significant, map_get(<<"significant">>, Child)} || is_map_key(<<"significant">>, Child)] ++
        [{shutdown, shutdown(map_get(<<"shutdown">>, Child))} || is_map_key(<<"shutdown">>, Child)])).

start(simple_one_for_one, _, Start) -> {oracle_behaviours, start_dynamic, [Start]};
start(_, Id, Start) -> {oracle_behaviours, start_child, [Id, Start]}.

shutdown(<<"brutal">>) -> brutal_kill;
shutdown(<<"infinity">>) -> infinity;
shutdown(Milliseconds) -> Milliseconds.

word(Child, Field) -> binary_to_atom(map_get(Field, Child)).
