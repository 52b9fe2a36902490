%% Starting and using OTP's behaviours whose callbacks are data: supervisors, servers, state machines, event managers.
%% What is done here runs in the process that does it: the driver's own, or a puppet's.
-module(oracle_behaviours).
-export([start/3, start_link/3, start_child/2, start_dynamic/2, stop/2, act/1, is_operation/1, operate/3]).

-define(CALL_MS, 3000).
-define(STOP_MS, 4000).
-define(OPERATIONS, [<<"count">>, <<"which">>, <<"start_child">>, <<"terminate_child">>, <<"restart_child">>, <<"delete_child">>,
    <<"add_handler">>, <<"delete_handler">>, <<"swap_handler">>, <<"handlers">>, <<"notify">>, <<"sync_notify">>, <<"call_handler">>]).

%% Starts one that is linked to no process of the scenario.
start(Kind, Name, Specification) ->
    Before = process_flag(trap_exit, true),
    Answer = start_link(Kind, Name, Specification),
    Answer =:= ok andalso unlink(oracle_world:pid(Name)),
    receive {'EXIT', _, _} -> ok after 0 -> ok end,
    process_flag(trap_exit, Before),
    Answer.

start_link(Kind, Name, Specification) -> started(started_link(Kind, Name, Specification)).

started_link(<<"supervisor">>, Name, Specification) -> supervisor:start_link(oracle_supervisor, {Name, Specification});
started_link(<<"server">>, Name, Specification) -> gen_server:start_link(oracle_server, {Name, Specification}, []);
started_link(<<"machine">>, Name, Specification) -> gen_statem:start_link(machine(Specification), {Name, Specification}, []);
started_link(<<"manager">>, Name, _) ->
    {ok, Pid} = gen_event:start_link(),
    oracle_world:enter(Name, Pid),
    {ok, Pid}.

machine(#{<<"style">> := <<"functions">>}) -> oracle_machine_functions;
machine(#{<<"style">> := <<"handler">>}) -> oracle_machine_handler.

%% A child of a supervisor: a puppet, unless its start names a behaviour.
start_child(Name, Start) ->
    case [Kind || Kind <- [<<"supervisor">>, <<"server">>, <<"machine">>], is_map_key(Kind, Start)] of
        [Kind] -> started_link(Kind, Name, map_get(Kind, Start));
        [] -> oracle_puppet:start_child(Name, Start)
    end.

%% A child of a supervisor whose children are all alike.
start_dynamic(Start, Name) -> start_child(Name, Start).

stop(Name, Reason) ->
    try gen_server:stop(oracle_world:pid(Name), oracle_terms:to_reason(Reason), ?STOP_MS)
    catch exit:Failure -> failed(Failure)
    end.

act([<<"call">>, Name, Request]) -> act([<<"call">>, Name, Request, ?CALL_MS]);
act([<<"call">>, Name, Request, Milliseconds]) ->
    try gen_server:call(oracle_world:pid(Name), Request, Milliseconds)
    catch exit:Failure -> failed(Failure)
    end;
act([<<"cast">>, Name, Message]) -> gen_server:cast(oracle_world:pid(Name), Message);
act([<<"info">>, Name, Message]) -> oracle_world:pid(Name) ! Message, ok;
act([<<"add_sup_handler">>, Name, Handler, Specification]) ->
    installed(gen_event:add_sup_handler(oracle_world:pid(Name), {oracle_handler, Handler}, {Name, Handler, Specification})).

%% Whether a command is about a supervisor or an event manager, and done by the driver itself.
is_operation(Verb) -> lists:member(Verb, ?OPERATIONS).

operate(Verb, Name, Arguments) ->
    try operate(Verb, oracle_world:pid(Name), Name, Arguments)
    catch exit:Failure -> failed(Failure)
    end.

operate(<<"count">>, Pid, _, []) -> maps:from_list(supervisor:count_children(Pid));
operate(<<"which">>, Pid, _, []) -> lists:sort([child(Child) || Child <- supervisor:which_children(Pid)]);
operate(<<"start_child">>, Pid, _, [Name]) when is_binary(Name) -> started(supervisor:start_child(Pid, [Name]));
operate(<<"start_child">>, Pid, _, [Child]) -> started(supervisor:start_child(Pid, oracle_supervisor:child(Child)));
operate(<<"terminate_child">>, Pid, _, [Id]) -> started(supervisor:terminate_child(Pid, id(Pid, Id)));
operate(<<"restart_child">>, Pid, _, [Id]) -> started(supervisor:restart_child(Pid, Id));
operate(<<"delete_child">>, Pid, _, [Id]) -> started(supervisor:delete_child(Pid, Id));
operate(<<"add_handler">>, Pid, Lane, [Name, Handler]) ->
    installed(gen_event:add_handler(Pid, {oracle_handler, Name}, {Lane, Name, Handler}));
operate(<<"delete_handler">>, Pid, _, [Name]) -> installed(gen_event:delete_handler(Pid, {oracle_handler, Name}, deleted));
operate(<<"swap_handler">>, Pid, Lane, [Old, New, Handler]) ->
    installed(gen_event:swap_handler(Pid, {{oracle_handler, Old}, swapped}, {{oracle_handler, New}, {Lane, New, Handler}}));
operate(<<"handlers">>, Pid, _, []) -> [Name || {oracle_handler, Name} <- gen_event:which_handlers(Pid)];
operate(<<"notify">>, Pid, _, [Event]) -> gen_event:notify(Pid, Event);
operate(<<"sync_notify">>, Pid, _, [Event]) -> gen_event:sync_notify(Pid, Event);
operate(<<"call_handler">>, Pid, _, [Name, Request]) -> installed(gen_event:call(Pid, {oracle_handler, Name}, Request, ?CALL_MS)).

%% Children that are all alike are ended by their process.
id(Pid, Id) ->
    case [dynamic || {undefined, _, _, _} <- supervisor:which_children(Pid)] of
        [] -> Id;
        _ -> oracle_world:pid(Id)
    end.

child({undefined, Pid, Type, _}) -> child({oracle_world:name_of(Pid), Pid, Type, dynamic});
child({Id, Pid, Type, _}) when is_pid(Pid) -> [Id, running, Type];
child({Id, restarting, Type, _}) -> [Id, restarting, Type];
child({Id, undefined, Type, _}) -> [Id, stopped, Type].

started({ok, undefined}) -> ignored;
started({ok, _}) -> ok;
started({error, {already_started, _}}) -> already_started;
started({error, Word}) when Word =:= already_present; Word =:= not_found; Word =:= running; Word =:= restarting -> Word;
started({error, simple_one_for_one}) -> all_alike;
started({error, {Invalid, _}}) when Invalid =:= bad_combination; Invalid =:= supervisor_data; Invalid =:= start_spec -> invalid;
started({error, {Invalid, _}}) when Invalid =:= invalid_significant; Invalid =:= duplicate_child_name -> invalid;
started({error, {Invalid, _}}) when Invalid =:= invalid_restart_type; Invalid =:= invalid_shutdown; Invalid =:= bad_start_spec -> invalid;
started({error, Reason}) -> [error, oracle_terms:reason(Reason)];
started(Word) when Word =:= ok; Word =:= ignore -> Word.

installed({error, Word}) when Word =:= module_not_found; Word =:= bad_module -> unknown_handler;
installed({error, {error, Reason}}) -> [error, oracle_terms:reason(Reason)];
installed({error, Reason}) -> [error, oracle_terms:reason(Reason)];
installed({'EXIT', Reason}) -> [failed, oracle_terms:reason(Reason)];
installed(Answer) -> Answer.

failed(Failure) -> [failed, oracle_terms:reason(Failure)].
