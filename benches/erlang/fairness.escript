%% Fairness of Erlang/OTP: how long a ping waits where a hundred processes never run dry, beside an idle system.
%% fairness.escript SECONDS ROUNDS; one JSON line a figure, the median of the rounds.
-mode(compile).

main([Seconds, Rounds]) ->
    Runs = [run(list_to_float(Seconds ++ ".0")) || _ <- lists:seq(1, list_to_integer(Rounds))],
    [say(Name, median([proplists:get_value(Name, Run) || Run <- Runs])) || {Name, _} <- hd(Runs)].

median(Values) -> lists:nth(length(Values) div 2 + 1, lists:sort(Values)).

say(Name, Value) ->
    Unit = case lists:suffix("_us", Name) of
               true -> "us";
               false -> case lists:suffix("per_s", Name) of true -> "1/s"; false -> "times" end
           end,
    io:format("{\"name\": \"peer.otp.~s\", \"language\": \"erlang\", \"value\": ~.2f, \"unit\": \"~s\"}~n",
              [Name, Value * 1.0, Unit]).

run(Seconds) ->
    Pong = spawn(fun pong/0),
    pings(Pong, 0.2),
    Idle = pings(Pong, Seconds),
    Count = counters:new(1, [write_concurrency]),
    Busy = [spawn(fun() -> self() ! spin, busy(Count) end) || _ <- lists:seq(1, 100)],
    pings(Pong, 0.2),
    {Before, Began} = {counters:get(Count, 1), erlang:monotonic_time(microsecond)},
    Full = pings(Pong, Seconds),
    Rate = (counters:get(Count, 1) - Before) * 1.0e6 / (erlang:monotonic_time(microsecond) - Began),
    [exit(Pid, kill) || Pid <- [Pong | Busy]],
    [{"fair.ask.idle_p50_us", at(Idle, 0.5)}, {"fair.ask.idle_p99_us", at(Idle, 0.99)},
     {"fair.ask.busy_p50_us", at(Full, 0.5)}, {"fair.ask.busy_p99_us", at(Full, 0.99)},
     {"fair.ask.busy_by_idle_p99", at(Full, 0.99) / at(Idle, 0.99)}, {"fair.turns_per_s", Rate}].

pong() -> receive {ping, From} -> From ! pong, pong() end.

busy(Count) -> receive spin -> counters:add(Count, 1, 1), self() ! spin, busy(Count) end.

%% Microseconds that pings took, sorted: one a millisecond.
pings(Pong, Seconds) ->
    pings(Pong, erlang:monotonic_time(microsecond) + round(Seconds * 1.0e6), []).

pings(Pong, End, Took) ->
    case erlang:monotonic_time(microsecond) < End of
        false -> lists:sort(Took);
        true ->
            timer:sleep(1),
            Began = erlang:monotonic_time(nanosecond),
            Pong ! {ping, self()},
            receive pong -> ok end,
            pings(Pong, End, [(erlang:monotonic_time(nanosecond) - Began) / 1000 | Took])
    end.

at(Took, Part) -> lists:nth(min(length(Took), trunc(length(Took) * Part) + 1), Took).
