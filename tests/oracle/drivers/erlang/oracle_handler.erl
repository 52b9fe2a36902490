%% A handler of an event manager (gen_event) from data. Handlers write to the log of their manager; each line begins with the
%% handler's name.
-module(oracle_handler).
-behaviour(gen_event).
-export([init/1, handle_event/2, handle_call/2, handle_info/2, terminate/2]).

-record(handler, {lane, name, on}).

%% Who takes the place of another is told what that one left.
init({{Lane, Name, Specification}, Left}) -> begun({Lane, Name, Specification}, [" begins after ", oracle_terms:text(Left)]);
init(Handler) -> begun(Handler, " begins").

begun({Lane, Name, Specification}, How) ->
    oracle_world:write(Lane, [Name, How]),
    Handler = #handler{lane = Lane, name = Name, on = maps:get(<<"on">>, Specification, #{})},
    case Specification of
        #{<<"refuses">> := Reason} -> {error, oracle_terms:to_reason(Reason)};
        #{<<"crash">> := Text} -> error(Text);
        _ -> {ok, Handler}
    end.

handle_event(Event, Handler) -> handle(Event, Event, Handler).

handle_info({'EXIT', Pid, Reason}, Handler) ->
    Shown = iolist_to_binary(["exit ", oracle_world:name_of(Pid), " ", oracle_terms:reason(Reason)]),
    handle(Shown, Shown, Handler);
handle_info(Message, Handler) -> handle(Message, ["info ", Message], Handler).

handle_call(Request, Handler = #handler{on = On}) ->
    write(["call ", Request], Handler),
    case maps:get(Request, On, #{}) of
        #{<<"crash">> := Text} -> error(Text);
        #{<<"nonsense">> := true} -> nonsense;
        #{<<"swap">> := [Name, Specification], <<"reply">> := Reply} ->
            {swap_handler, Reply, swapped, Handler, {oracle_handler, Name}, {Handler#handler.lane, Name, Specification}};
        #{<<"remove">> := true, <<"reply">> := Reply} -> {remove_handler, Reply};
        #{<<"reply">> := Reply} -> {ok, Reply, Handler};
        _ -> {ok, <<"no reply">>, Handler}
    end.

handle(Event, Shown, Handler = #handler{lane = Lane, on = On}) ->
    write(Shown, Handler),
    case maps:get(Event, On, #{}) of
        #{<<"crash">> := Text} -> error(Text);
        #{<<"remove">> := true} -> remove_handler;
        #{<<"swap">> := [Name, Specification]} -> {swap_handler, swapped, Handler, {oracle_handler, Name}, {Lane, Name, Specification}};
        _ -> {ok, Handler}
    end.

terminate(Why, Handler = #handler{name = Name}) ->
    write(["ends: ", why(Why)], Handler),
    <<Name/binary, " left">>.

why(Word) when is_atom(Word) -> atom_to_binary(Word);
why({stop, Reason}) -> ["stop ", oracle_terms:reason(Reason)];
why({error, {'EXIT', Reason}}) -> ["failed ", oracle_terms:reason(Reason)];
why({error, Reason}) -> ["failed ", oracle_terms:reason(Reason)].

write(Line, #handler{lane = Lane, name = Name}) -> oracle_world:write(Lane, [Name, ": ", Line]).
