#!/usr/bin/env escript
%% Plays random tasks on OTP's gen_event and prints what handlers saw, one JSON object a line:
%%     escript core/kernel/tests/otp/event_manager.escript [PROGRAMS] [SEED] > core/kernel/tests/otp/event_manager.jsonl
%%
%% Handlers do what an event or query tells them: `b:crash` makes handler `b` fail, `b:remove` leave, `b:swap:d` swap for `d`,
%% and `b:swap:!d` for `d` whose first callback fails. Tasks that would bring an id in twice are left out: there we differ.
%% A supervisor writes down by itself what it is told, so that its lines do not depend on who is scheduled first.
%% core/kernel/tests/event_managers.rs plays the same tasks on our manager and compares.
-mode(compile).
-export([init/1, handle_event/2, handle_info/2, handle_call/2, terminate/2]).

main(Args) ->
    [Programs, Seed] = case Args of
        [P, S] -> [list_to_integer(P), list_to_integer(S)];
        [P] -> [list_to_integer(P), 1];
        [] -> [100, 1]
    end,
    logger:set_primary_config(level, none),
    rand:seed(exsss, Seed),
    [io:put_chars([program(10 + rand:uniform(20)), "\n"]) || _ <- lists:seq(1, Programs)],
    ok.

program(Tasks) ->
    {ok, Manager} = gen_event:start(),
    Supervisors = [{N, supervisor(Manager)} || N <- ["7", "8"]],
    Lines = [task(Manager, Supervisors) || _ <- lists:seq(1, Tasks)],
    gen_event:stop(Manager),
    Stopped = seen(),
    Told = [[text(N), ":", list([text(T) || T <- told(P)])] || {N, P} <- Supervisors],
    ["{\"tasks\":", list([L || L <- Lines, L =/= none]), ",\"stopped\":", list([text(S) || S <- Stopped]),
     ",\"told\":{", lists:join(",", Told), "}}"].

%% A process that supervises handlers; `die` ends its present life.
supervisor(Manager) ->
    Watcher = self(),
    spawn_link(fun() -> process_flag(trap_exit, true), put(manager, Manager), supervise(Watcher, none, []) end).

supervise(Watcher, none, Told) ->
    Self = self(),
    supervise(Watcher, spawn(fun() -> live(Self) end), Told);
supervise(Watcher, Life, Told) ->
    receive
        {do, Fun} -> Life ! {do, Fun, Watcher}, supervise(Watcher, Life, Told);
        die -> Ref = monitor(process, Life), exit(Life, gone), receive {'DOWN', Ref, _, _, _} -> ok end,
               Watcher ! died, supervise(Watcher, none, Told);
        {told, Line} -> supervise(Watcher, Life, [Line | Told]);
        {tell, To} -> To ! {told, lists:reverse(Told)}, supervise(Watcher, Life, Told);
        _ -> supervise(Watcher, Life, Told)
    end.

live(Supervisor) ->
    receive
        {do, Fun, Watcher} -> Watcher ! {result, Fun()};
        {gen_event_EXIT, {_, Id}, Reason} -> Supervisor ! {told, [Id, " ", left(Reason)]}
    end,
    live(Supervisor).

told(Supervisor) ->
    %% Its life has handed on what it was told once it has done this.
    Supervisor ! {do, fun() -> ok end},
    receive {result, ok} -> ok end,
    Supervisor ! {tell, self()},
    receive {told, Lines} -> Lines end.

left(normal) -> "removed";
left(shutdown) -> "stopped";
left({swapped, {_, New}, _}) -> ["swapped ", New];
left(_) -> "failed".

names(Manager) -> [Id || {_, Id} <- gen_event:which_handlers(Manager)].
chance(Chance) -> rand:uniform() < Chance.
pick(List) -> lists:nth(rand:uniform(length(List)), List).
name() -> pick(["a", "b", "c", "d", "e"]).

%% One random task: what it is and what was seen, or none.
task(Manager, Supervisors) ->
    In = names(Manager),
    Kind = pick([add, add, add, notify, notify, notify, call, call, info, remove, swap, swap, exit]),
    {Number, Supervisor} = case chance(0.5) of true -> pick(Supervisors); false -> {"", none} end,
    run(Kind, Manager, In, Number, Supervisor, Supervisors).

run(add, Manager, In, Number, Supervisor, _) ->
    Id = name(),
    Args = pick(["args", "args", "args", "fail"]),
    case lists:member(Id, In) of
        true -> none;
        false ->
            Do = case Supervisor of
                none -> fun() -> gen_event:add_handler(Manager, {?MODULE, Id}, {Id, Args, self()}) end;
                _ -> Watcher = self(),
                     fun() -> gen_event:add_sup_handler(Manager, {?MODULE, Id}, {Id, Args, Watcher}) end
            end,
            done(["add", Id, Args, Number], by(Supervisor, Do))
    end;
run(swap, Manager, In, Number, Supervisor, _) ->
    {Old, New} = {name(), name()},
    Args = pick(["args", "args", "fail"]),
    case lists:member(New, In) andalso Old =/= New of
        true -> none;
        false ->
            Watcher = self(),
            Swap = case Supervisor of none -> swap_handler; _ -> swap_sup_handler end,
            Do = fun() ->
                gen_event:Swap(Manager, {{?MODULE, Old}, ["bye for ", New]}, {{?MODULE, New}, {New, Args, Watcher}}) end,
            done(["swap", Old, New, Args, Number], by(Supervisor, Do))
    end;
run(notify, Manager, In, _, _, _) ->
    Event = event(In),
    done(["notify", Event], gen_event:sync_notify(Manager, Event));
run(info, Manager, In, _, _, _) ->
    Message = event(In),
    Manager ! Message,
    gen_event:which_handlers(Manager),
    done(["info", Message], none);
run(call, Manager, In, _, _, _) ->
    {Id, Query} = {name(), event(In)},
    done(["call", Id, Query], gen_event:call(Manager, {?MODULE, Id}, Query));
run(remove, Manager, _, _, _, _) ->
    {Id, Args} = {name(), pick(["args", "fail"])},
    done(["remove", Id, Args], gen_event:delete_handler(Manager, {?MODULE, Id}, Args));
run(exit, Manager, _, _, _, Supervisors) ->
    {Number, Supervisor} = pick(Supervisors),
    %% Only a process that the manager is linked to is seen to exit.
    Supervisor ! {do, fun() -> link(Manager) end},
    receive {result, _} -> ok end,
    Supervisor ! die,
    receive died -> ok end,
    gen_event:which_handlers(Manager),
    done(["exit", Number], none).

by(none, Do) -> Do();
by(Supervisor, Do) -> Supervisor ! {do, Do}, receive {result, Result} -> Result end.

%% An order to a handler whose successor is not there, or an event that nobody obeys.
event(In) ->
    {Id, New} = {name(), name()},
    case pick([crash, remove, swap, swap, failing, none]) of
        crash -> [Id, ":crash"];
        remove -> [Id, ":remove"];
        none -> "x";
        Swap -> case lists:member(New, In) andalso New =/= Id of
            true -> "x";
            false when Swap =:= swap -> [Id, ":swap:", New];
            false -> [Id, ":swap:!", New]
        end
    end.

done(Task, Result) ->
    Answer = case Result of
        none -> [];
        ok -> ["-> done"];
        {error, module_not_found} -> ["-> no such handler"];
        {error, bad_module} -> ["-> no such handler"];
        {error, _} -> ["-> failed"];
        {'EXIT', _} -> ["-> failed"];
        Text -> [["-> ", Text]]
    end,
    ["{\"task\":", list([text(T) || T <- Task]), ",\"seen\":", list([text(L) || L <- seen() ++ Answer]), "}"].

%% What handlers saw. All of it was sent before the task was answered.
seen() ->
    receive {saw, Line} -> [Line | seen()] after 0 -> [] end.

%% Handlers. The state is the id and who watches.

init({{Id, Args, Watcher}, Before}) ->
    start(Id, Args, Watcher, case Before of error -> " after nobody"; {'EXIT', _} -> " after failed"; _ -> [" after ", Before] end);
init({Id, Args, Watcher}) ->
    start(Id, Args, Watcher, "").

start(Id, Args, Watcher, After) ->
    Watcher ! {saw, [Id, " init ", Args, After]},
    case Args of "fail" -> {error, no_start}; _ -> {ok, {Id, Watcher}} end.

handle_event(Event, State) -> obey("event", Event, State).
handle_info({'EXIT', _, Reason}, {Id, Watcher} = State) ->
    Watcher ! {saw, [Id, " exit ", atom_to_list(Reason)]},
    {ok, State};
handle_info(Message, State) -> obey("info", Message, State).
handle_call(Query, {Id, _} = State) ->
    Reply = ["answer of ", Id],
    case obey("call", Query, State) of
        {ok, State} -> {ok, Reply, State};
        remove_handler -> {remove_handler, Reply};
        {swap_handler, Args, State, New, NewArgs} -> {swap_handler, Reply, Args, State, New, NewArgs}
    end.

obey(Callback, Event, {Id, Watcher} = State) ->
    Watcher ! {saw, [Id, " ", Callback, " ", Event]},
    case string:split(lists:flatten(Event), ":", all) of
        [Id, "crash"] -> error(oops);
        [Id, "remove"] -> remove_handler;
        [Id, "swap", [$! | New]] -> {swap_handler, ["bye for ", New], State, {?MODULE, New}, {New, "fail", Watcher}};
        [Id, "swap", New] -> {swap_handler, ["bye for ", New], State, {?MODULE, New}, {New, "args", Watcher}};
        _ -> {ok, State}
    end.

terminate(Why, {Id, Watcher}) ->
    Text = case Why of
        remove_handler -> "removed";
        stop -> "stopped";
        {stop, Reason} -> ["supervisor ", atom_to_list(Reason)];
        {error, _} -> "failed";
        Args -> Args
    end,
    Watcher ! {saw, [Id, " terminate ", Text]},
    case Text of "fail" -> error(no_end); _ -> ["result of ", Id] end.

text(Text) -> ["\"", Text, "\""].
list(Items) -> ["[", lists:join(",", Items), "]"].
