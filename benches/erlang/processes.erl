%% What benches/rust measures of processes, from Erlang/OTP, one JSON line each. Medians of five.
-module(processes).
-export([main/1]).

-define(RUNS, 5).

main(_) ->
    figure(tells_per_s, "1/s", fun tells/0),
    figure(ring_hops_per_s, "1/s", fun ring/0),
    figure('asks_per_s.64', "1/s", fun pairs/0),
    figure(restarts_per_s, "1/s", fun restarts/0),
    figure(arm_ns, "ns", fun timers/0),
    {Rates, [Bytes | _]} = lists:unzip([spawns() || _ <- lists:seq(1, 3)]),
    report(spawns_per_s, median(Rates), "1/s"),
    report(bytes, Bytes, "B").

figure(Name, Unit, Run) ->
    report(Name, median([Run() || _ <- lists:seq(1, ?RUNS)]), Unit).

report(Name, Value, Unit) ->
    io:format("{\"name\":\"peer.otp.process.~s\",\"language\":\"erlang\",\"value\":~.1f,\"unit\":\"~s\"}~n", [Name, Value * 1.0, Unit]).

median(Values) ->
    lists:nth((length(Values) + 1) div 2, lists:sort(Values)).

seconds(Work) ->
    {Us, _} = timer:tc(Work),
    Us / 1.0e6.

%% As many pairs as there are schedulers: one sends, the other counts.
tells() ->
    Count = 2000000,
    Pairs = erlang:system_info(schedulers_online),
    Me = self(),
    Time = seconds(fun() ->
        Sinks = [begin
                     Sink = spawn(fun() -> sink(Count, Me) end),
                     spawn(fun() -> source(Count, Sink) end),
                     Sink
                 end || _ <- lists:seq(1, Pairs)],
        [receive {counted, Sink} -> ok end || Sink <- Sinks]
    end),
    Pairs * Count / Time.

source(0, _) -> ok;
source(Left, Sink) ->
    Sink ! 1,
    source(Left - 1, Sink).

sink(0, Whom) -> Whom ! {counted, self()};
sink(Left, Whom) -> receive 1 -> sink(Left - 1, Whom) end.

%% A thousand processes hand one message around.
ring() ->
    Size = 1000,
    Rounds = 2000,
    Me = self(),
    First = spawn(fun() -> receive {next, Next} -> member(Next) end end),
    Others = lists:foldl(fun(_, [Next | _] = All) -> [spawn(fun() -> member(Next) end) | All] end, [First], lists:seq(2, Size)),
    Last = hd(Others),
    First ! {next, Last},
    Time = seconds(fun() ->
        First ! {Size * Rounds, Me},
        receive round -> ok end
    end),
    [exit(Member, kill) || Member <- Others],
    Size * Rounds / Time.

member(Next) ->
    receive
        {0, Whom} -> Whom ! round;
        {Left, Whom} -> Next ! {Left - 1, Whom}, member(Next)
    end.

%% 64 processes that each ask another one, again and again.
pairs() ->
    Pairs = 64,
    Asks = 15625,
    Me = self(),
    Time = seconds(fun() ->
        Askers = [spawn(fun() ->
            Asked = spawn_link(fun answer/0),
            ask(Asks, Asked),
            unlink(Asked),
            exit(Asked, kill),
            Me ! {done, self()}
        end) || _ <- lists:seq(1, Pairs)],
        [receive {done, Asker} -> ok end || Asker <- Askers]
    end),
    Pairs * Asks / Time.

answer() ->
    receive {From, Ref, Value} -> From ! {Ref, Value}, answer() end.

ask(0, _) -> ok;
ask(Left, Asked) ->
    Ref = make_ref(),
    Asked ! {self(), Ref, 1},
    receive {Ref, 1} -> ask(Left - 1, Asked) end.

%% A child of a supervisor is killed and waited for until it is there again.
restarts() ->
    Restarts = 20000,
    logger:set_primary_config(level, none),
    {ok, Supervisor} = one_child:start(self()),
    Time = seconds(fun() -> restart(Restarts) end),
    unlink(Supervisor),
    exit(Supervisor, kill),
    Restarts / Time.

restart(0) -> receive {up, _} -> ok end;
restart(Left) -> receive {up, Child} -> exit(Child, kill), restart(Left - 1) end.

%% A million timers of an hour.
timers() ->
    Count = 1000000,
    Me = self(),
    Timers = fun Arm(0, Held) -> Held; Arm(Left, Held) -> Arm(Left - 1, [erlang:start_timer(3600000, Me, 1) | Held]) end,
    {Us, Held} = timer:tc(fun() -> Timers(Count, []) end),
    [erlang:cancel_timer(Timer) || Timer <- Held],
    Us * 1000 / Count.

%% A million processes that wait.
spawns() ->
    Count = 1000000,
    Me = self(),
    Holder = spawn(fun() ->
        erlang:garbage_collect(),
        Before = erlang:memory(processes),
        {Us, Held} = timer:tc(fun() -> [spawn(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, Count)] end),
        Bytes = (erlang:memory(processes) - Before) / Count,
        [Pid ! stop || Pid <- Held],
        Me ! {spawned, Count / (Us / 1.0e6), Bytes}
    end),
    Monitor = monitor(process, Holder),
    Result = receive {spawned, Rate, Bytes} -> {Rate, Bytes} end,
    receive {'DOWN', Monitor, process, Holder, _} -> ok end,
    wait_until_few(),
    Result.

wait_until_few() ->
    case erlang:system_info(process_count) > 1000 of
        true -> timer:sleep(10), wait_until_few();
        false -> ok
    end.
