%% A process that does what it is told. Commands overtake its other messages, which stay in the mailbox until it is told to receive them.
%%
%% Manners of a child: `plain`; `polite` traps exits, writes `stop NAME: REASON` when its parent asks it to end, and ends;
%% `stubborn` traps exits and stays. `slow` is polite and takes its time, in milliseconds.
-module(oracle_puppet).
-export([spawn/2, born/2, start_child/2, init_child/3, ask/3, send/2, finish/1]).

-define(ANSWER_MS, 5000).
-define(RECEIVE_MS, 2000).
-record(puppet, {name, parent = none, manner = plain, monitors = #{}, refs = #{}, timers = #{}, crowd = []}).

%% A process without a link, whose first act may be a command.
spawn(Name, First) ->
    Pid = erlang:spawn(born(Name, First)),
    oracle_world:entered(Pid).

born(Name, First) ->
    fun() ->
        oracle_world:enter(Name),
        loop(lists:foldl(fun(Act, Puppet) -> element(2, act(Act, Puppet)) end, #puppet{name = Name}, First))
    end.

%% A child of a supervisor. Its start has an outcome for each attempt, the last of which goes on to hold.
start_child(Name, Start) -> proc_lib:start_link(?MODULE, init_child, [Name, Start, self()]).

init_child(Name, Start, Parent) ->
    Attempt = oracle_world:attempt(Name),
    Outcomes = maps:get(<<"outcomes">>, Start, [<<"ok">>]),
    case lists:nth(min(Attempt + 1, length(Outcomes)), Outcomes) of
        <<"ok">> ->
            Manner = maps:get(<<"manner">>, Start, <<"plain">>),
            process_flag(trap_exit, Manner =/= <<"plain">>),
            oracle_world:enter(Name),
            oracle_world:write(<<"tree">>, ["start ", Name]),
            proc_lib:init_ack({ok, self()}),
            loop(#puppet{name = Name, parent = Parent, manner = manner(Manner)});
        <<"hang">> ->
            oracle_world:enter(Name),
            oracle_world:write(<<"tree">>, ["start ", Name, " hangs"]),
            receive after infinity -> ok end;
        <<"ignore">> ->
            oracle_world:write(<<"tree">>, ["start ", Name, " is ignored"]),
            proc_lib:init_ack(ignore);
        Reason ->
            oracle_world:write(<<"tree">>, ["start ", Name, " fails"]),
            proc_lib:init_ack({error, oracle_terms:to_reason(Reason)})
    end.

manner(<<"plain">>) -> plain;
manner(<<"stubborn">>) -> stubborn;
manner(<<"polite">>) -> {polite, 0};
manner([<<"slow">>, Milliseconds]) -> {polite, Milliseconds}.

%% Tells a process a command and waits for the answer, or for its end.
ask(Pid, Name, Command) -> finish(send(Pid, [Name | Command])).

%% Tells a process a command; `finish` waits for what comes of it. A name that no process has had yet is that of a dead one.
send(Pid, Command) ->
    Monitor = monitor(process, Pid),
    is_pid(Pid) andalso (Pid ! {'$do', self(), Monitor, Command}),
    Monitor.

finish(Monitor) ->
    receive
        {Monitor, Answer} -> demonitor(Monitor, [flush]), Answer;
        {'DOWN', Monitor, _, _, Reason} -> [ended, oracle_terms:reason(Reason)]
    after ?ANSWER_MS -> <<"no answer">>
    end.

loop(Puppet = #puppet{parent = Parent, manner = Manner}) ->
    receive
        {'$do', From, Ref, [_ | Command]} ->
            {Answer, Next} = act(Command, Puppet),
            From ! {Ref, Answer},
            loop(Next);
        {'$ping', From, Ref} ->
            From ! {Ref, pong},
            loop(Puppet);
        {'EXIT', Parent, Reason} when is_tuple(Manner) -> leave(Reason, Puppet)
    end.

leave(Reason, #puppet{name = Name, manner = {polite, Milliseconds}}) ->
    timer:sleep(Milliseconds),
    oracle_world:write(<<"tree">>, ["stop ", Name, ": ", oracle_terms:reason(Reason)]),
    exit(Reason).

%% One command: its answer, and the puppet after it.
act([<<"monitor">>, Of], Puppet) -> act([<<"monitor">>, Of, Of], Puppet);
act([<<"monitor">>, Of, As], Puppet) -> {ok, monitored(monitor(process, target(Of)), As, Puppet)};
act([<<"demonitor">>, As], Puppet = #puppet{refs = Refs}) -> demonitor(map_get(As, Refs)), {ok, Puppet};
act([<<"demonitor">>, As, <<"flush">>], Puppet = #puppet{refs = Refs}) -> demonitor(map_get(As, Refs), [flush]), {ok, Puppet};
act([<<"demonitor">>, As, <<"info">>], Puppet = #puppet{refs = Refs}) -> {demonitor(map_get(As, Refs), [info]), Puppet};
act([<<"spawn_monitor">>, Name | First], Puppet) ->
    {Pid, Monitor} = spawn_monitor(born(Name, First)),
    oracle_world:entered(Pid),
    {ok, monitored(Monitor, Name, Puppet)};
act([<<"watch_group">>, Group], Puppet) ->
    {_, Pids} = pg:monitor(oracle, Group),
    {oracle_world:names_of(Pids), Puppet};
act([<<"timer">>, Timer, Milliseconds, Tag | To], Puppet = #puppet{timers = Timers}) ->
    Pid = case To of [] -> self(); [Name] -> oracle_world:pid(Name) end,
    try erlang:send_after(Milliseconds, Pid, {message, Tag}) of
        Ref -> {ok, Puppet#puppet{timers = Timers#{Timer => {Ref, Milliseconds}}}}
    catch error:badarg -> {invalid, Puppet}
    end;
act([<<"every">>, Timer, Milliseconds, Tag], Puppet = #puppet{timers = Timers}) ->
    case timer:send_interval(Milliseconds, {message, Tag}) of
        {ok, Interval} -> {ok, Puppet#puppet{timers = Timers#{Timer => {interval, Interval}}}};
        {error, badarg} -> {invalid, Puppet}
    end;
act([<<"crowd">>, Count], Puppet) ->
    {Outcome, Crowd} = crowd(Count, []),
    {Outcome, Puppet#puppet{crowd = Crowd}};
act([<<"disperse">>], Puppet = #puppet{crowd = Crowd}) ->
    [exit(Pid, kill) || Pid <- Crowd],
    [receive {'DOWN', Monitor, _, _, _} -> ok end || Monitor <- [monitor(process, Pid) || Pid <- Crowd]],
    {ok, Puppet#puppet{crowd = []}};
act([<<"watches">>, Of, Count], Puppet) ->
    Pid = oracle_world:pid(Of),
    [monitor(process, Pid) || _ <- lists:seq(1, Count)],
    {ok, Puppet};
act([<<"rounds">>, Count], Puppet) -> {rounds(oracle_world:pid(<<>>), Count), Puppet};
act([<<"cancel">>, Timer], Puppet) -> {left(fun erlang:cancel_timer/1, Timer, Puppet), Puppet};
act([<<"read">>, Timer], Puppet) -> {left(fun erlang:read_timer/1, Timer, Puppet), Puppet};
act([<<"receive">>], Puppet) -> act([<<"receive">>, []], Puppet);
act([<<"receive">>, Pattern], Puppet) -> act([<<"receive">>, Pattern, ?RECEIVE_MS], Puppet);
act([<<"receive">>, Pattern, Milliseconds], Puppet) -> {shown(take(Pattern, Milliseconds, Puppet), Puppet), Puppet};
act([<<"mailbox">>], Puppet) -> {[shown(Message, Puppet) || Message <- take_all(Puppet)], Puppet};
act(Command, Puppet) -> {oracle_acts:act(Command), Puppet}.

%% Spawns so many processes, or as many as there may be.
crowd(0, Crowd) -> {ok, Crowd};
crowd(Count, Crowd) ->
    try spawn(fun() -> receive after infinity -> ok end end) of
        Pid -> crowd(Count - 1, [Pid | Crowd])
    catch error:system_limit -> {too_many, Crowd}
    end.

%% So many times: a watch of one that is dead, and its word, which comes behind all that waits. A reference that is new now is in none
%% of the messages that were there before.
rounds(_, 0) -> ok;
rounds(Dead, Count) ->
    Monitor = monitor(process, Dead),
    receive {'DOWN', Monitor, process, _, _} -> rounds(Dead, Count - 1) end.

monitored(Ref, As, Puppet = #puppet{monitors = Monitors, refs = Refs}) ->
    Puppet#puppet{monitors = Monitors#{Ref => As}, refs = Refs#{As => Ref}}.

%% A monitor is of a process, or of the owner of a registered name.
target(<<"name:", _/binary>> = Name) -> binary_to_atom(Name);
target(Name) -> oracle_world:pid(Name).

%% The time that a timer has left is told as `left` if it can be true.
left(How, Timer, #puppet{timers = Timers}) ->
    case map_get(Timer, Timers) of
        {interval, Interval} -> {ok, cancel} = timer:cancel(Interval), left;
        {Ref, Milliseconds} -> shown_left(How(Ref), Milliseconds)
    end.

shown_left(false, _) -> gone;
shown_left(Left, Milliseconds) when Left >= 0, Left =< Milliseconds -> left;
shown_left(Left, _) -> [impossible, Left].

%% The first message of the mailbox that a pattern is the beginning of. Commands are not looked at.
take([], Wait, _) ->
    receive Message when element(1, Message) =/= '$do', element(1, Message) =/= '$ping' -> Message after Wait -> nothing end;
take([<<"message">>], Wait, _) -> receive {message, _} = Message -> Message after Wait -> nothing end;
take([<<"message">>, Tag], Wait, _) -> receive {message, Tag} = Message -> Message after Wait -> nothing end;
take([<<"down">>], Wait, _) -> receive {'DOWN', _, _, _, _} = Message -> Message after Wait -> nothing end;
take([<<"down">>, As], Wait, #puppet{refs = Refs}) ->
    Ref = map_get(As, Refs),
    receive {'DOWN', Ref, _, _, _} = Message -> Message after Wait -> nothing end;
take([<<"exit">>], Wait, _) -> receive {'EXIT', _, _} = Message -> Message after Wait -> nothing end;
take([<<"exit">>, Name], Wait, _) ->
    Pid = oracle_world:pid(Name),
    receive {'EXIT', Pid, _} = Message -> Message after Wait -> nothing end.

take_all(Puppet) ->
    case take([], 0, Puppet) of
        nothing -> [];
        Message -> [Message | take_all(Puppet)]
    end.

shown(nothing, _) -> nothing;
shown(Message, #puppet{monitors = Monitors}) -> oracle_terms:message(Message, Monitors).
