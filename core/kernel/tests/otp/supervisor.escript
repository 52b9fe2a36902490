#!/usr/bin/env escript
%% Plays random programs on OTP's supervisor and prints what was seen, one JSON object a line:
%%     escript core/kernel/tests/otp/supervisor.escript [PROGRAMS] [SEED] > core/kernel/tests/otp/supervisor.jsonl
%%
%% A program has six possible children, some of which the supervisor starts with: their rules, what becomes of their starts one
%% after the other ("slow_" waits for the step `release`; then they run), and what they do when they are asked to end. Steps end
%% children, send commands and stop the supervisor, also while a start is slow, so that they wait. What is left out is where we
%% differ: restarts of dynamic children that are ignored, and the active children that a dynamic supervisor counts.
%% core/kernel/tests/supervisors.rs plays the same programs on our supervisor and compares.
-mode(compile).
-export([init/1, start/1, log/2]).

-define(IDS, [a, b, c, d, e, f]).

main(Args) ->
    [Programs, Seed] = case Args of
        [P, S] -> [list_to_integer(P), list_to_integer(S)];
        [P] -> [list_to_integer(P), 1];
        [] -> [100, 1]
    end,
    rand:seed(exsss, Seed),
    register(seen, spawn(fun() -> seen([]) end)),
    ets:new(world, [named_table, public]),
    logger:set_primary_config(level, info),
    logger:remove_handler(default),
    logger:add_handler(seen, ?MODULE, #{}),
    [io:put_chars([program(), "\n"]) || _ <- lists:seq(1, Programs)],
    ok.

%% What was seen.

seen(Lines) ->
    receive
        {saw, Line} -> seen([Line | Lines]);
        {take, From} -> From ! {seen, lists:reverse(Lines)}, seen([])
    end.
saw(Format, Args) -> seen ! {saw, lists:flatten(io_lib:format(Format, Args))}.
take() -> seen ! {take, self()}, receive {seen, Lines} -> Lines end.

log(#{msg := {report, #{report := Report, label := {supervisor, Kind}}}}, _) ->
    {Key, What} = case Kind of progress -> {started, up}; _ -> {offender, proplists:get_value(errorContext, Report)} end,
    Child = proplists:get_value(Key, Report),
    {Id, Number} = {proplists:get_value(id, Child), proplists:get_value(nb_children, Child)},
    case {What, Number} of
        {up, _} -> saw("up ~w", [Id]);
        {shutdown, _} -> saw("intensity ~w", [Id]);
        {_, undefined} -> saw("~w ~w ~w", [What, Id, word(proplists:get_value(reason, Report))]);
        {_, _} -> saw("~ws ~w ~w ~w", [What, Id, word(proplists:get_value(reason, Report)), Number])
    end;
log(_, _) -> ok.

word({shutdown, {failed_to_start_child, _, _}}) -> not_started;
word({shutdown, _}) -> detail;
word(Reason) -> Reason.

reason(detail) -> {shutdown, detail};
reason(Reason) -> Reason.

%% The supervisor and its children.

init(Spec) -> {ok, Spec}.

start(Id) ->
    ets:insert(world, {supervisor, self()}),
    saw("start ~w", [Id]),
    How = case ets:lookup_element(world, {starts, Id}, 2) of
        [] -> run;
        [Next | Rest] -> ets:insert(world, {{starts, Id}, Rest}), Next
    end,
    case atom_to_list(How) of
        "slow_" ++ Then -> ets:insert(world, {slow, self()}), receive release -> became(Id, list_to_atom(Then)) end;
        _ -> became(Id, How)
    end.

became(_, ignore) -> ignore;
became(_, fail) -> {error, no};
became(Id, run) ->
    Supervisor = self(),
    Manners = ets:lookup_element(world, {manners, Id}, 2),
    Process = spawn_link(fun() -> process_flag(trap_exit, true), Supervisor ! {up, self()}, live(Id, Manners) end),
    receive {up, Process} -> ok end,
    Number = ets:update_counter(world, processes, 1, {processes, 0}),
    ets:insert(world, {{process, Number}, Process, Id}),
    {ok, Process}.

live(Id, Manners) ->
    receive
        {'EXIT', _, _} when Manners =:= refuse -> saw("ask ~w", [Id]), live(Id, Manners);
        {'EXIT', _, _} -> saw("ask ~w", [Id]), exit(reason(Manners));
        {exit, Reason} -> exit(Reason)
    end.

parent(Spec) ->
    process_flag(trap_exit, true),
    case supervisor:start_link(?MODULE, Spec) of
        {ok, Supervisor} -> ets:insert(world, [{supervisor, Supervisor}, {started, true}]), parent_of(Supervisor);
        {error, Reason} -> saw("ended ~w", [word(Reason)]), ets:insert(world, [{started, true}, {ended, true}])
    end.
parent_of(Supervisor) ->
    receive
        {'EXIT', Supervisor, Reason} -> saw("ended ~w", [word(Reason)]), ets:insert(world, {ended, true});
        stop -> exit(Supervisor, shutdown), parent_of(Supervisor)
    end.

%% Programs.

pick(List) -> lists:nth(rand:uniform(length(List)), List).
chance(Chance) -> rand:uniform() < Chance.

program() ->
    ets:delete_all_objects(world),
    take(),
    Strategy = pick([one_for_one, one_for_all, rest_for_one, simple_one_for_one]),
    Dynamic = Strategy =:= simple_one_for_one,
    Intensity = rand:uniform(7) - 1,
    Auto = pick([never, never, any_significant, all_significant]),
    Template = rules(Auto),
    Children = [child(Id, case Dynamic of true -> Template; false -> rules(Auto) end, Dynamic) || Id <- ?IDS],
    First = case Dynamic of true -> 1; false -> rand:uniform(5) - 1 end,
    [ets:insert(world, [{{starts, Id}, Starts}, {{manners, Id}, Manners}]) || {Id, _, Manners, Starts} <- Children],
    Specs = [spec(Child, Dynamic) || Child <- lists:sublist(Children, First)],
    Flags = #{strategy => Strategy, intensity => Intensity, period => 1000000, auto_shutdown => Auto},
    Parent = spawn(fun() -> parent({Flags, Specs}) end),
    Steps = [step(start, Dynamic) | steps(rand:uniform(14) + 2, 1, Parent, Children, Dynamic)],
    ended(Parent),
    ["{\"strategy\":", text(Strategy), ",\"intensity\":", integer_to_list(Intensity), ",\"auto\":", text(Auto),
     ",\"first\":", integer_to_list(First), ",\"children\":", list([describe(Child) || Child <- Children]),
     ",\"steps\":", list(Steps), "}"].

rules(Auto) ->
    Restart = pick([permanent, permanent, permanent, transient, transient, temporary]),
    {Restart, pick([brutal_kill, 20, 20, infinity]), Restart =/= permanent andalso Auto =/= never andalso chance(0.5)}.

child(Id, {_, Shutdown, _} = Rules, Dynamic) ->
    Manners = case pick([shutdown, shutdown, shutdown, normal, detail, oops, refuse]) of
        refuse when Shutdown =:= infinity -> shutdown;
        Other -> Other
    end,
    Starts = [first(N, pick([run, run, run, fail, fail, ignore, slow_run, slow_fail, slow_ignore])) ||
        N <- lists:seq(1, rand:uniform(6) - 1)],
    {Id, Rules, Manners, [S || S <- Starts, not Dynamic orelse (S =/= ignore andalso S =/= slow_ignore)]}.

%% Most first starts succeed: a supervisor that does not start is a short story.
first(1, slow_run) -> slow_run;
first(1, How) -> case chance(0.8) of true -> run; false -> How end;
first(_, How) -> How.

spec({Id, {Restart, Shutdown, Significant}, _, _}, Dynamic) ->
    {Name, Args} = case Dynamic of true -> {x, []}; false -> {Id, [Id]} end,
    #{id => Name, start => {?MODULE, start, Args}, restart => Restart, shutdown => Shutdown, significant => Significant}.

describe({Id, {Restart, Shutdown, Significant}, Manners, Starts}) ->
    ["{\"id\":", text(Id), ",\"restart\":", text(Restart), ",\"shutdown\":", text(Shutdown), ",\"significant\":",
     atom_to_list(Significant), ",\"manners\":", text(Manners), ",\"starts\":", list([text(S) || S <- Starts]), "}"].

steps(0, _, _, _, _) -> [];
steps(Left, Request, Parent, Children, Dynamic) ->
    case ets:member(world, ended) of
        true -> [];
        false ->
            Step = next(Request, Children, Dynamic),
            do(Step, Parent, Children, Dynamic),
            [step(Step, Dynamic) | steps(Left - 1, Request + 1, Parent, Children, Dynamic)]
    end.

next(Request, Children, Dynamic) ->
    Slow = ets:member(world, slow),
    Alive = [{Number, Id} || [Number, Process, Id] <- ets:match(world, {{process, '$1'}, '$2', '$3'}), is_process_alive(Process)],
    case rand:uniform(20) of
        _ when Slow -> case chance(0.6) of true -> [release]; false -> while_slow(Request, Alive, Children, Dynamic) end;
        20 -> [stop];
        N when N < 10, Alive =/= [] -> exits(Alive);
        _ -> command(Request, Dynamic)
    end.

while_slow(Request, Alive, _, Dynamic) ->
    %% A parent whose supervisor has not started waits for that and cannot ask it to stop.
    case {rand:uniform(8), ets:member(world, started)} of
        {1, true} -> [stop];
        {N, _} when N < 5, Alive =/= [] -> exits(Alive);
        _ -> command(Request, Dynamic)
    end.

exits(Alive) ->
    {Number, Id} = pick(lists:sort(Alive)),
    [exit, Number, Id, pick([boom, boom, boom, normal, shutdown, detail])].

command(Request, true) ->
    case {pick([count, which, terminate, start, start, start]), ets:lookup(world, processes)} of
        {terminate, [{_, Last}]} -> [command, Request, terminate_process, rand:uniform(Last)];
        {Count, _} when Count =:= count; Count =:= which -> [command, Request, Count];
        _ -> [command, Request, start_dynamic, pick(?IDS)]
    end;
command(Request, false) ->
    case pick([count, which, start, start, terminate, terminate, restart, restart, delete]) of
        Count when Count =:= count; Count =:= which -> [command, Request, Count];
        What -> [command, Request, What, pick(?IDS)]
    end.

do([release], _, _, _) -> Supervisor = ets:lookup_element(world, slow, 2), ets:delete(world, slow), Supervisor ! release;
do([stop], Parent, _, _) -> Parent ! stop, timer:sleep(4);
do([exit, Number, _, Reason], _, _, _) ->
    Process = ets:lookup_element(world, {process, Number}, 2),
    Ref = monitor(process, Process),
    Process ! {exit, reason(Reason)},
    receive {'DOWN', Ref, _, _, _} -> timer:sleep(1) end;
do([command, Request | Command], _, Children, Dynamic) ->
    Call = case Command of
        [count] -> count_children;
        [which] -> which_children;
        [start, Id] -> {start_child, spec(lists:keyfind(Id, 1, Children), Dynamic)};
        [start_dynamic, Id] -> {start_child, [Id]};
        [terminate, Id] -> {terminate_child, Id};
        [terminate_process, Number] -> {terminate_child, ets:lookup_element(world, {process, Number}, 2)};
        [restart, Id] -> {restart_child, Id};
        [delete, Id] -> {delete_child, Id}
    end,
    ets:insert(world, {{request, Request}, gen_server:send_request(ets:lookup_element(world, supervisor, 2), Call)}).

%% Waits until the supervisor waits, and says what was seen.
step(Step, Dynamic) ->
    Busy = settle(Dynamic),
    Answers = lists:append([answer(Request, Ref, Busy, Dynamic) ||
        [Request, Ref] <- lists:sort(ets:match(world, {{request, '$1'}, '$2'}))]),
    Words = case Step of start -> [start]; _ -> Step end,
    ["{\"do\":", list([text(W) || W <- Words]), ",\"seen\":", list([text(L) || L <- in_order(take(), Dynamic)]),
     ",\"answers\":", list([text(A) || A <- Answers]), "}"].

settle(Dynamic) ->
    case {ets:member(world, slow), ets:member(world, ended), ets:member(world, started)} of
        {true, _, _} -> timer:sleep(1), true;
        {_, true, _} -> false;
        {_, _, false} -> timer:sleep(1), settle(Dynamic);
        _ ->
            Ref = gen_server:send_request(ets:lookup_element(world, supervisor, 2), which_children),
            case answered(Ref) of
                {reply, Children} ->
                    case lists:keymember(restarting, 2, Children) of true -> settle(Dynamic); false -> false end;
                _ -> timer:sleep(1), settle(Dynamic)
            end
    end.

%% An answer, unless the start that it waits for is slow.
answered(Ref) ->
    case gen_server:wait_response(Ref, 5) of
        timeout -> case ets:member(world, slow) of true -> timeout; false -> answered(Ref) end;
        Answer -> Answer
    end.

answer(Request, Ref, Busy, Dynamic) ->
    case gen_server:wait_response(Ref, case Busy of true -> 0; false -> 1000 end) of
        timeout -> [];
        Answer ->
            ets:delete(world, {request, Request}),
            [io_lib:format("~w ~s", [Request, answer(Answer, Dynamic)])]
    end.

answer({error, _}, _) -> "ended";
answer({reply, {ok, Process}}, _) when is_pid(Process) -> "runs";
answer({reply, {ok, undefined}}, _) -> "ignored";
answer({reply, ok}, _) -> "done";
answer({reply, {error, {already_started, _}}}, _) -> "already_started";
answer({reply, {error, {no, _}}}, _) -> "failed";
answer({reply, {error, no}}, _) -> "failed";
answer({reply, {error, Error}}, _) -> atom_to_list(Error);
answer({reply, [{specs, Specs}, {active, _}, {supervisors, 0}, {workers, Workers}]}, true) ->
    io_lib:format("~w specs, ~w workers", [Specs, Workers]);
answer({reply, [{specs, Specs}, {active, Active}, {supervisors, 0}, {workers, Workers}]}, false) ->
    io_lib:format("~w specs, ~w active, ~w workers", [Specs, Active, Workers]);
answer({reply, Children}, Dynamic) ->
    Named = [io_lib:format("~w ~w", [Id, case is_pid(P) of true -> runs; false -> P end]) || {Id, P, _, _} <- Children],
    lists:join(", ", case Dynamic of true -> lists:sort(Named); false -> Named end).

%% Dynamic children end together, in no order.
in_order(Lines, false) -> Lines;
in_order([], true) -> [];
in_order([Line | _] = Lines, true) ->
    [First | _] = string:split(Line, " "),
    {Same, Rest} = lists:splitwith(fun(Other) -> hd(string:split(Other, " ")) =:= First end, Lines),
    case First of
        _ when First =:= "ask"; First =:= "shutdown_errors" -> lists:sort(Same) ++ in_order(Rest, true);
        _ -> Same ++ in_order(Rest, true)
    end.

%% The next program begins when nothing of this one lives.
ended(Parent) ->
    Processes = [Process || [Process] <- ets:match(world, {{process, '_'}, '$1', '_'})],
    [begin Ref = monitor(process, P), exit(P, kill), receive {'DOWN', Ref, _, _, _} -> ok end end ||
        P <- [Parent | [S || {_, S} <- ets:lookup(world, supervisor)]] ++ Processes].

text(Atom) when is_atom(Atom) -> text(atom_to_list(Atom));
text(Number) when is_integer(Number) -> text(integer_to_list(Number));
text(Text) -> ["\"", Text, "\""].
list(Items) -> ["[", lists:join(",", Items), "]"].
