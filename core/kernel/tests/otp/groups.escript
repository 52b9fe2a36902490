#!/usr/bin/env escript
%% Plays random programs on OTP's pg and prints what was seen, one JSON object a line:
%%     escript core/kernel/tests/otp/groups.escript [PROGRAMS] [SEED] > core/kernel/tests/otp/groups.jsonl
%%
%% Processes join and leave groups, watchers set monitors, of one group as many as they like and of all groups one each, since pg
%% tells those in no order; all of them end. Members are printed first joined first, which is the reverse of what pg keeps.
%% core/kernel/tests/groups.rs plays the same programs on our groups and compares.
-mode(compile).

-define(GROUPS, [a, b, c]).

main(Args) ->
    [Programs, Seed] = case Args of
        [P, S] -> [list_to_integer(P), list_to_integer(S)];
        [P] -> [list_to_integer(P), 1];
        [] -> [40, 1]
    end,
    rand:seed(exsss, Seed),
    {ok, _} = pg:start(pg),
    [io:put_chars([program(10 + rand:uniform(30)), "\n"]) || _ <- lists:seq(1, Programs)],
    ok.

program(Length) ->
    %% Processes and watchers by number; monitors as {number, watcher, reference, group or all}.
    World = #{processes => maps:from_list([{N, process()} || N <- [1, 2, 3, 4]]),
              watchers => maps:from_list([{N, watcher()} || N <- [11, 12]]), monitors => [], next => 1, lines => []},
    #{lines := Lines} = End = lists:foldl(fun(_, W) -> step(W) end, World, lists:seq(1, Length)),
    [stop(P) || P <- maps:values(maps:get(processes, End)) ++ maps:values(maps:get(watchers, End))],
    ["[", lists:join(",", lists:reverse(Lines)), "]"].

process() -> spawn(fun() -> receive stop -> ok end end).
watcher() -> spawn(fun watch/0).
watch() ->
    receive {do, Fun, From} -> From ! {result, Fun()}, watch(); stop -> ok end.
by(Watcher, Fun) -> Watcher ! {do, Fun, self()}, receive {result, Result} -> Result end.
stop(Process) ->
    Ref = monitor(process, Process),
    Process ! stop,
    receive {'DOWN', Ref, _, _, _} -> timer:sleep(1), sys:get_state(pg) end.

pick(List) -> lists:nth(rand:uniform(length(List)), List).

step(#{processes := Processes, watchers := Watchers, monitors := Monitors, next := Next} = World) ->
    {Number, Process} = pick(lists:sort(maps:to_list(Processes))),
    {Owner, Watcher} = pick(lists:sort(maps:to_list(Watchers))),
    Group = pick(?GROUPS),
    Watches = lists:any(fun({_, O, _, Of}) -> O =:= Owner andalso Of =:= all end, Monitors),
    case pick([join, join, join, join, join, leave, leave, leave, 'end', monitor, monitor, monitor_all, demonitor, end_watcher]) of
        join -> done([join, Group, Number], pg:join(Group, Process), World);
        leave -> done([leave, Group, Number], pg:leave(Group, Process), World);
        'end' ->
            stop(Process),
            done(['end', Number], ok, World#{processes := Processes#{Number := process()}});
        monitor ->
            {Ref, _} = by(Watcher, fun() -> pg:monitor(Group) end),
            done([monitor, Group, Owner], ok, World#{monitors := [{Next, Owner, Ref, Group} | Monitors], next := Next + 1});
        monitor_all when not Watches ->
            {Ref, _} = by(Watcher, fun() -> pg:monitor_scope() end),
            done([monitor_all, Owner], ok, World#{monitors := [{Next, Owner, Ref, all} | Monitors], next := Next + 1});
        demonitor when Monitors =/= [] ->
            {M, O, Ref, _} = pick(Monitors),
            Result = by(maps:get(O, Watchers), fun() -> pg:demonitor(Ref) end),
            done([demonitor, M], Result, World#{monitors := lists:keydelete(M, 1, Monitors)});
        end_watcher ->
            stop(Watcher),
            done(['end', Owner], ok, World#{watchers := Watchers#{Owner := watcher()},
                                            monitors := [M || {_, O, _, _} = M <- Monitors, O =/= Owner]});
        _ -> World
    end.

done(Words, Result, #{watchers := Watchers, lines := Lines} = World) ->
    Seen = [[text(N), ":", list([text(event(E, World)) || E <- by(W, fun events/0)])] || {N, W} <- lists:sort(maps:to_list(Watchers))],
    Members = [[text(G), ":", list([number(P, World) || P <- lists:reverse(pg:get_members(G))])] || G <- ?GROUPS],
    Line = ["{\"do\":", list([text(W) || W <- Words]), ",\"result\":", text(Result),
            ",\"seen\":{", lists:join(",", Seen), "},\"members\":{", lists:join(",", Members), "}}"],
    World#{lines := [Line | Lines]}.

events() -> receive {_, Change, _, [_]} = Event when Change =:= join; Change =:= leave -> [Event | events()] after 0 -> [] end.

event({Ref, Change, Group, [Process]}, #{monitors := Monitors} = World) ->
    {Monitor, _, _, _} = lists:keyfind(Ref, 3, Monitors),
    io_lib:format("~w ~w ~w ~s", [Monitor, Change, Group, number(Process, World)]).

%% The one that has just ended is no longer there: its successor has its number.
number(Process, #{processes := Processes}) ->
    case [N || {N, P} <- maps:to_list(Processes), P =:= Process] of [N] -> integer_to_list(N); [] -> "0" end.

text(Atom) when is_atom(Atom) -> text(atom_to_list(Atom));
text(Number) when is_integer(Number) -> text(integer_to_list(Number));
text(Text) -> ["\"", Text, "\""].
list(Items) -> ["[", lists:join(",", Items), "]"].
