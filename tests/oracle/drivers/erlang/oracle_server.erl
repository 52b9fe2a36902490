%% A server (gen_server) from data: a table from what comes to what is done. It writes to the log of its name what came.
-module(oracle_server).
-behaviour(gen_server).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, handle_continue/2, terminate/2]).

-record(server, {name, on, held = none}).

init({Name, Specification}) ->
    process_flag(trap_exit, maps:get(<<"trap">>, Specification, false)),
    oracle_world:enter(Name),
    oracle_world:write(<<"tree">>, ["start ", Name]),
    Server = #server{name = Name, on = maps:get(<<"on">>, Specification, #{})},
    case maps:get(<<"init">>, Specification, #{}) of
        #{<<"stop">> := Reason} -> {stop, oracle_terms:to_reason(Reason)};
        #{<<"crash">> := Text} -> error(Text);
        #{<<"nonsense">> := true} -> nonsense;
        #{<<"ignore">> := true} -> ignore;
        Entry -> with_next([ok, Server], Entry)
    end.

handle_call(Request, From, Server) -> handle(["call ", Request], From, Server).

handle_cast(Message, Server) -> handle(["cast ", Message], none, Server).

handle_info(timeout, Server) -> handle("timeout", none, Server);
handle_info({'EXIT', Pid, Reason}, Server) -> handle(["exit ", oracle_world:name_of(Pid), " ", oracle_terms:reason(Reason)], none, Server);
handle_info(Message, Server) -> handle(["info ", Message], none, Server).

handle_continue(What, Server) -> handle(["continue ", What], none, Server).

terminate(Reason, #server{name = Name, on = On}) ->
    oracle_world:write(Name, ["terminate: ", oracle_terms:reason(Reason)]),
    case On of
        #{<<"terminate">> := #{<<"crash">> := Text}} -> error(Text);
        _ -> ok
    end.

%% Writes what came, and does what the table says of it; without an entry nothing is done.
handle(What, From, Server = #server{name = Name, on = On}) ->
    Key = iolist_to_binary(What),
    oracle_world:write(Name, Key),
    Entry = maps:get(Key, On, #{}),
    case Entry of
        #{<<"crash">> := Text} -> error(Text);
        #{<<"nonsense">> := true} -> nonsense;
        _ -> result(Entry, released(Entry, held(Entry, From, Server)))
    end.

held(#{<<"hold">> := true}, From, Server) -> Server#server{held = From};
held(_, _, Server) -> Server.

released(#{<<"release">> := Reply}, Server = #server{held = From}) ->
    gen_server:reply(From, Reply),
    Server#server{held = none};
released(_, Server) -> Server.

result(#{<<"stop">> := Reason, <<"reply">> := Reply}, Server) -> {stop, oracle_terms:to_reason(Reason), Reply, Server};
result(#{<<"stop">> := Reason}, Server) -> {stop, oracle_terms:to_reason(Reason), Server};
result(Entry = #{<<"reply">> := Reply}, Server) -> with_next([reply, Reply, Server], Entry);
result(Entry, Server) -> with_next([noreply, Server], Entry).

with_next(Result, #{<<"continue">> := What}) -> list_to_tuple(Result ++ [{continue, What}]);
with_next(Result, #{<<"timeout">> := Milliseconds}) -> list_to_tuple(Result ++ [Milliseconds]);
with_next(Result, _) -> list_to_tuple(Result).
