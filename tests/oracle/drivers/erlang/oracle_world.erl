%% What a scenario knows of its processes: which name is which process, how those of a name ended, and what each wrote to its log.
%%
%% Each process of a scenario enters here before it does anything else, so that no end is missed. A line is in its log before the
%% process that writes it goes on, so that the order of lines is the order of causes.
-module(oracle_world).
-export([start/0, lead/0, renew/0, enter/1, enter/2, write/2, attempt/1, pid/1, name_of/1, names_of/1, entered/1, ended/2, log/2, history/0]).

%% `pids`: the newest process of a name. `names`: the name of a process, and which of that name it is. `ends`: how those of a name
%% ended, by that number, because the news of two ends may come in the other order.
-record(world, {pids = #{}, names = #{}, instances = #{}, ends = #{}, logs = #{}, attempts = #{}, waiting = []}).

start() -> register(world, spawn(fun() -> loop(#world{}) end)).

%% Ends all that belongs to the scenario that was, and begins with nothing. All processes of a scenario have a group leader of their
%% own, which the driver's process hands down to them: that also finds those that were just spawned and have not entered yet.
renew() ->
    kill_all(group_leader()),
    lead(),
    {ok, _} = pg:start(oracle),
    call(clear).

%% A new group leader for this process and those that it will spawn.
lead() -> group_leader(spawn(fun() -> receive after infinity -> ok end end), self()).

kill_all(Leader) ->
    case [Pid || Pid <- processes(), Pid =/= self(), process_info(Pid, group_leader) =:= {group_leader, Leader}] of
        [] -> kill(Leader);
        Alive -> lists:foreach(fun kill/1, Alive), kill_all(Leader)
    end.

kill(Pid) ->
    Monitor = monitor(process, Pid),
    exit(Pid, kill),
    receive {'DOWN', Monitor, _, _, _} -> ok end.

%% The calling process takes a name; a later one of the same name is its next instance.
enter(Name) -> enter(Name, self()).

enter(Name, Pid) -> call({enter, Name, Pid}).

%% Waits until a process that was just spawned has entered.
entered(Pid) -> call({entered, Pid}).

write(Lane, Line) -> call({write, Lane, iolist_to_binary(Line)}).

%% How often a child's start was tried before.
attempt(Name) -> call({attempt, Name}).

%% The newest process of a name, alive or dead.
pid(Name) -> call({pid, Name}).

name_of(Pid) when is_pid(Pid) -> call({name_of, Pid});
name_of(_) -> <<"?">>.

names_of(Pids) -> lists:sort([name_of(Pid) || Pid <- Pids]).

%% Waits until the process of a name with this number has ended: the reason, or null.
ended(Name, Count) -> call({ended, Name, Count}).

%% Waits until a log has so many lines: all lines.
log(Lane, Count) -> call({log, Lane, Count}).

%% The lines of the tree's log, and how the processes of each name have ended, as far as that has come.
history() -> call(history).

call(Request) ->
    Monitor = monitor(process, world),
    world ! {call, self(), Monitor, Request},
    receive
        {Monitor, Answer} -> demonitor(Monitor, [flush]), Answer;
        {'DOWN', Monitor, _, _, Reason} -> error({world, Reason})
    end.

loop(World) ->
    receive
        {call, From, Ref, Request} -> loop(request(Request, {From, Ref}, World));
        {'DOWN', _, process, Pid, Reason} -> loop(noticed(end_of(Pid, Reason, World)));
        {too_late, From} -> loop(too_late(From, World))
    end.

answer({From, Ref}, Answer, World) ->
    From ! {Ref, Answer},
    World.

request({enter, Name, Pid}, From, World = #world{pids = Pids, names = Names, instances = Instances}) ->
    monitor(process, Pid),
    Number = maps:get(Name, Instances, 0) + 1,
    answer(From, ok, noticed(World#world{
        pids = Pids#{Name => Pid}, names = Names#{Pid => {Name, Number}}, instances = Instances#{Name => Number}}));
request({write, Lane, Line}, From, World = #world{logs = Logs}) ->
    Lines = maps:get(Lane, Logs, []),
    answer(From, ok, noticed(World#world{logs = Logs#{Lane => [Line | Lines]}}));
request({attempt, Name}, From, World = #world{attempts = Attempts}) ->
    Before = maps:get(Name, Attempts, 0),
    answer(From, Before, World#world{attempts = Attempts#{Name => Before + 1}});
request({pid, Name}, From, World = #world{pids = Pids}) -> answer(From, maps:get(Name, Pids, unknown), World);
request({name_of, Pid}, From, World = #world{names = Names}) -> answer(From, element(1, maps:get(Pid, Names, {<<"?">>, 0})), World);
request(history, From, World = #world{ends = Ends}) ->
    answer(From, #{tree => tree(World), ended => maps:map(fun in_order/2, Ends)}, World);
request(clear, From, _) -> answer(From, ok, #world{});
request(Question, From, World = #world{waiting = Waiting}) ->
    erlang:send_after(wait_ms(), self(), {too_late, From}),
    noticed(World#world{waiting = [{From, Question} | Waiting]}).

in_order(_, Reasons) -> [Reason || {_, Reason} <- lists:sort(maps:to_list(Reasons))].

tree(#world{logs = Logs}) -> lists:reverse(maps:get(<<"tree">>, Logs, [])).

%% How long is waited for what may never come.
wait_ms() -> list_to_integer(os:getenv("ORACLE_WAIT_MS", "3000")).

%% Answers the questions that what has happened now answers.
noticed(World = #world{waiting = Waiting}) ->
    World#world{waiting = [{From, Question} || {From, Question} <- Waiting, not settled(From, Question, World)]}.

settled(From, Question, World) ->
    case known(Question, World) of
        {yes, Answer} -> answer(From, Answer, World), true;
        no -> false
    end.

too_late(From, World = #world{waiting = Waiting}) ->
    case lists:keytake(From, 1, Waiting) of
        {value, {From, Question}, Left} -> answer(From, so_far(Question, World), World#world{waiting = Left});
        false -> World
    end.

known({entered, Pid}, #world{names = Names}) when is_map_key(Pid, Names) -> {yes, ok};
known({ended, Name, Number}, #world{ends = Ends}) ->
    case Ends of
        #{Name := #{Number := Reason}} -> {yes, Reason};
        _ -> no
    end;
known({log, Lane, Count}, #world{logs = Logs}) ->
    Lines = maps:get(Lane, Logs, []),
    if length(Lines) >= Count -> {yes, lists:reverse(Lines)}; true -> no end;
known(_, _) -> no.

so_far({ended, _, _}, _) -> null;
so_far({log, Lane, Count}, #world{logs = Logs}) -> [[<<"no more lines after">>, Count] | lists:reverse(maps:get(Lane, Logs, []))];
so_far({entered, _}, _) -> never_entered.

end_of(Pid, Reason, World = #world{names = Names, ends = Ends}) ->
    case Names of
        #{Pid := {Name, Number}} ->
            World#world{ends = Ends#{Name => (maps:get(Name, Ends, #{}))#{Number => oracle_terms:reason(Reason)}}};
        _ -> World
    end.
